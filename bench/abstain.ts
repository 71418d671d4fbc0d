/**
 * What abstaining gives (`inference.unlearned: abstain`): the share of inputs of remaining classes that are still answered, the
 * accuracy on them, and the share of inputs of unlearned classes that get no answer. Seven classes of CIFAR-10, two of them
 * unlearned, by the embedded pipeline. `npm run bench:abstain -- [draws of the classes] [training images of a class] [test images]`;
 * without the numbers of images, with those that come with Lethe.
 */

import {
  firstOfEachClass,
  openCifar10,
  openDemoSubset,
} from '../packages/experiments/src/embeddings/datasets.js';
import { embedDataset } from '../packages/experiments/src/embeddings/embedDataset.js';
import { shuffled } from '../packages/experiments/src/protocol.js';
import { cacheFolder } from '../src/data/cacheFolder.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import type { Prediction } from '../src/domain/messages/prediction.js';
import { EFFICIENTNET_LITE0 } from '../src/model/embedder/efficientNetLite0.js';
import { labelled } from './support/labelled.js';
import { answersTo, carryOut, learnTask, nextEvent, startForBench } from './support/lethe.js';
import { report } from './support/report.js';

const [draws = 3, train, test] = process.argv.slice(2).map(Number);
const images = train === undefined ? await openDemoSubset() : await openCifar10(undefined, cacheFolder());
const part = firstOfEachClass(images, { train, test });
const embedded = await embedDataset(part, EFFICIENTNET_LITE0, { cache: cacheFolder() });
const samples = labelled(embedded.train, embedded);
const questions = labelled(embedded.test, embedded);

const stays: Prediction[] = [];
const goes: Prediction[] = [];
for (let seed = 0; seed < draws; seed++) {
  const known = shuffled(embedded.classNames, seed).slice(0, 7);
  const unlearned = known.slice(0, 2);
  const lethe = await startForBench({
    http: { enabled: false },
    learning: { learner: 'analytic', taskTimeoutSeconds: 600 },
  });
  await learnTask(
    lethe,
    'all',
    samples.filter(({ label }) => known.includes(label)),
  );
  const calibrated = nextEvent(lethe, 'filter-calibrated');
  await carryOut(lethe, { id: 'forget', kind: 'unlearn', classes: unlearned }, 'unlearned');
  await calibrated;
  const asked = questions.filter(({ label }) => known.includes(label));
  const queries = asked.map(({ label, payload }, index) =>
    encodeQuery({ id: `q${index}`, truth: label, payload }, lethe.topics),
  );
  const answers = await answersTo(lethe, queries, 64);
  for (const answer of answers) (unlearned.includes(answer.truth ?? '') ? goes : stays).push(answer);
  await lethe.close();
}

/** Whether it would get no answer. */
const isStopped = ({ evidence }: Prediction): boolean => evidence.filtered || evidence.guarded;
const isRight = ({ label, truth }: Prediction): boolean => label === truth;
const percent = (all: readonly Prediction[], holds: (prediction: Prediction) => boolean): number =>
  (100 * all.filter(holds).length) / all.length;
const answered = stays.filter((prediction) => !isStopped(prediction));
report('abstain', [
  { what: 'remaining classes: answered (coverage)', value: 100 - percent(stays, isStopped), unit: '%' },
  { what: 'remaining classes: A_r where all are answered', value: percent(stays, isRight), unit: '%' },
  { what: 'remaining classes: A_r on what is answered', value: percent(answered, isRight), unit: '%' },
  { what: 'unlearned classes: not answered', value: percent(goes, isStopped), unit: '%' },
]);
process.exit(0);
