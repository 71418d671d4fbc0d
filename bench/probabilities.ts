/**
 * Whether probabilities mean something: the expected calibration error (ECE, 15 bins) of answers to test images of CIFAR-10, with the
 * mean confidence and the accuracy; and the temperature that would be best on the test images themselves.
 * `npm run bench:probabilities -- [learner] [training images of a class] [test images of a class]`; without the numbers of images,
 * with those that come with Lethe.
 */

import {
  firstOfEachClass,
  openCifar10,
  openDemoSubset,
} from '../packages/experiments/src/embeddings/datasets.js';
import { embedDataset } from '../packages/experiments/src/embeddings/embedDataset.js';
import { cacheFolder } from '../src/data/cacheFolder.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import type { Prediction } from '../src/domain/messages/prediction.js';
import { EFFICIENTNET_LITE0 } from '../src/model/embedder/efficientNetLite0.js';
import { labelled } from './support/labelled.js';
import { answersTo, carryOut, learnTask, startForBench } from './support/lethe.js';
import { type Figure, report } from './support/report.js';

const BINS = 15;
const [learner = 'ssre', ...numbers] = process.argv.slice(2);
const [train, test] = numbers.map(Number);
const images = train === undefined ? await openDemoSubset() : await openCifar10(undefined, cacheFolder());
const part = firstOfEachClass(images, { train, test });
const embedded = await embedDataset(part, EFFICIENTNET_LITE0, { cache: cacheFolder() });
const samples = labelled(embedded.train, embedded);
const questions = labelled(embedded.test, embedded);
const { classNames } = embedded;

const lethe = await startForBench({
  http: { enabled: false },
  inference: { topK: classNames.length },
  learning: { learner: learner === 'analytic' ? learner : 'ssre', taskTimeoutSeconds: 3600 },
});
const figures: Figure[] = [];
let asked = 0;
await learn('five classes', classNames.slice(0, 5));
await learn('seven', classNames.slice(5, 7));
await carryOut(lethe, { id: 'u1', kind: 'unlearn', classes: [classNames[3] as string] }, 'unlearned');
await measure(
  'one of them unlearned',
  classNames.slice(0, 7).filter((_, index) => index !== 3),
);
await lethe.close();
report('probabilities', figures);
process.exit(0);

async function learn(name: string, classes: readonly string[]): Promise<void> {
  await learnTask(
    lethe,
    name,
    samples.filter(({ label }) => classes.includes(label)),
  );
  const known = [...lethe.store.registry.snapshot().classes.keys()];
  await measure(name, known);
}

async function measure(name: string, classes: readonly string[]): Promise<void> {
  const queries = questions
    .filter(({ label }) => classes.includes(label))
    .map(({ label, payload }) => encodeQuery({ id: `q${asked++}`, truth: label, payload }, lethe.topics));
  const answers = await answersTo(lethe, queries, 64);
  const best = [...Array(60).keys()]
    .map((step) => 0.2 * 1.06 ** step)
    .reduce((a, b) => (lossAt(answers, b) < lossAt(answers, a) ? b : a));
  const certain = answers.map((answer) => at(answer, 1));
  figures.push(
    { what: `${name}: ECE`, value: eceOf(certain), unit: '', aim: '<= 0.03' },
    { what: `${name}: accuracy`, value: mean(certain.map(({ right }) => Number(right))), unit: '' },
    { what: `${name}: mean confidence`, value: mean(certain.map(({ confidence }) => confidence)), unit: '' },
    { what: `${name}: cross-entropy`, value: lossAt(answers, 1), unit: 'nats' },
    { what: `${name}: best temperature on the test images`, value: best, unit: '' },
    { what: `${name}: ECE at it`, value: eceOf(answers.map((answer) => at(answer, best))), unit: '' },
  );
}

interface Confident {
  readonly confidence: number;
  readonly right: boolean;
}

/** The answer as it would be with logits divided by this temperature. */
function at(
  { probabilities, truth }: Prediction,
  temperature: number,
): Confident & { readonly truth: number } {
  const powers = probabilities.map(({ probability }) => Math.max(probability, 1e-300) ** (1 / temperature));
  const total = powers.reduce((sum, power) => sum + power, 0);
  const place = probabilities.findIndex(({ label }) => label === truth);
  return {
    confidence: (powers[0] ?? 0) / total,
    right: place === 0,
    truth: (powers[place] ?? 1e-300) / total,
  };
}

function lossAt(answers: readonly Prediction[], temperature: number): number {
  return mean(answers.map((answer) => -Math.log(Math.max(at(answer, temperature).truth, 1e-12))));
}

function eceOf(answers: readonly Confident[]): number {
  const bins = Array.from({ length: BINS }, (): Confident[] => []);
  for (const answer of answers) bins[Math.min(BINS - 1, Math.floor(answer.confidence * BINS))]?.push(answer);
  return bins
    .filter((bin) => bin.length > 0)
    .map((bin) => {
      const gap = mean(bin.map(({ right }) => Number(right))) - mean(bin.map(({ confidence }) => confidence));
      return (Math.abs(gap) * bin.length) / answers.length;
    })
    .reduce((sum, gap) => sum + gap, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
