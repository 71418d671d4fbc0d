/**
 * The paper's protocol on all of CIFAR-10 (EfficientNet-Lite0, 224 px), through the embedded pipeline with ready-made
 * vectors: 5 classes, unlearn 1, learn 1, unlearn 1, learn 1. Beside it CIL only: the same without unlearning.
 * The vectors come from the cache; the first run fills it (about 10 minutes). `npm run bench:cifar10`
 */

import { embeddedCifar10 } from '../packages/experiments/src/embeddedCifar10.js';
import type { LabelledVectors } from '../packages/experiments/src/embeddings/embedDataset.js';
import {
  cifar10Protocol,
  classesAfter,
  describeStep,
  type ProtocolStep,
} from '../packages/experiments/src/protocol.js';
import type { RunningLethe } from '../src/app/compose.js';
import { cacheFolder } from '../src/data/cacheFolder.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import type { Prediction } from '../src/domain/messages/prediction.js';
import { labelled } from './support/labelled.js';
import { answersTo, carryOut, type Labelled, learnTask, nextEvent, startForBench } from './support/lethe.js';
import { type Figure, report } from './support/report.js';

const SEED = Number(process.argv[2] ?? 1993);

const { train, test, classNames, dimension } = await embeddedCifar10(
  cacheFolder(),
  ({ subject, done, total }) => {
    if (done % 10_000 === 0) console.log(`${subject}: ${done} of ${total} vectors`);
  },
);
const protocol = cifar10Protocol(classNames, SEED);
const figures: Figure[] = [];

const withUnlearning = await play(protocol);
const cilOnly = await play(protocol.filter(({ kind }) => kind === 'learn'));
for (const [index, step] of protocol.entries()) {
  const { remaining } = classesAfter(protocol, index);
  const predictions = withUnlearning.get(step.name) ?? [];
  const learnedLast = protocol.slice(0, index + 1).findLast(({ kind }) => kind === 'learn') as ProtocolStep;
  const reference = cilOnly.get(learnedLast.name) ?? [];
  figures.push(...figuresOf(describeStep(step), predictions, reference, remaining));
}
report('cifar10', figures);
process.exit(0);

/** Plays the steps one by one; after each, the test images of all classes learned so far are asked for. */
async function play(steps: readonly ProtocolStep[]): Promise<Map<string, readonly Prediction[]>> {
  const lethe = await startForBench({
    http: { enabled: false },
    learning: { taskTimeoutSeconds: 600 },
    model: { seed: SEED },
  });
  const answers = new Map<string, readonly Prediction[]>();
  for (const [index, step] of steps.entries()) {
    const started = performance.now();
    const calibrated =
      steps.slice(0, index + 1).some(({ kind }) => kind === 'unlearn') &&
      nextEvent(lethe, 'filter-calibrated');
    if (step.kind === 'learn') await learnTask(lethe, step.name, inputsOf(train, step.classes));
    else await carryOut(lethe, { id: step.name, kind: 'unlearn', classes: [...step.classes] }, 'unlearned');
    await calibrated;
    console.log(`${describeStep(step)}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
    const seen = steps.slice(0, index + 1).flatMap(({ kind, classes }) => (kind === 'learn' ? classes : []));
    answers.set(step.name, await ask(lethe, step.name, inputsOf(test, seen)));
  }
  await lethe.close();
  return answers;
}

function ask(lethe: RunningLethe, step: string, inputs: readonly Labelled[]): Promise<readonly Prediction[]> {
  const queries = inputs.map(({ label, payload }, index) =>
    encodeQuery({ id: `${step}-${index}`, truth: label, payload }, lethe.topics),
  );
  return answersTo(lethe, queries);
}

function inputsOf(part: LabelledVectors, classes: readonly string[]): Labelled[] {
  return labelled(part, { classNames, dimension }).filter(({ label }) => classes.includes(label));
}

function figuresOf(
  step: string,
  predictions: readonly Prediction[],
  reference: readonly Prediction[],
  remaining: readonly string[],
): Figure[] {
  const isRemaining = ({ truth }: Prediction): boolean => truth !== undefined && remaining.includes(truth);
  const stays = predictions.filter(isRemaining);
  const gone = predictions.filter((prediction) => !isRemaining(prediction));
  const correct = ({ label, truth }: Prediction): boolean => label === truth;
  const percent = (of: readonly Prediction[], holds: (prediction: Prediction) => boolean): number =>
    (100 * of.filter(holds).length) / of.length;
  const accuracy = percent(stays, correct);
  const reached = percent(reference.filter(isRemaining), correct);
  const figure = (what: string, value: number, unit: string, aim?: string): Figure => ({
    what: `${step}: ${what}`,
    value,
    unit,
    ...(aim && { aim }),
  });
  return [
    figure('A_r', accuracy, '%'),
    figure('A_r of CIL only', reached, '%'),
    figure('A_r minus CIL only', accuracy - reached, 'points', '>= -0.5'),
    ...(gone.length === 0
      ? []
      : [
          figure('A_u', percent(gone, correct), '%', '= 0'),
          figure(
            'filter specificity',
            percent(stays, ({ evidence }) => !evidence.filtered),
            '%',
            '>= 97',
          ),
          figure(
            'filter recall',
            percent(gone, ({ evidence }) => evidence.filtered),
            '%',
            '>= 90',
          ),
        ]),
  ];
}
