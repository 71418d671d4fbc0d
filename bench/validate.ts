/**
 * Lethe's defaults on a validation split: of CIFAR-10's *training* images every fifth is held out, no test image is seen.
 * What the output strategy, the wanted specificity of the filter and the rehearsal cost and gain, beside Retrain.
 * `npm run bench:validate -- <seed> <vectors of each class in the rehearsal>`
 */

import { embeddedCifar10 } from '../packages/experiments/src/embeddedCifar10.js';
import { classifiersOf, trainLive, trainRetrain } from '../packages/experiments/src/evaluation/baselines.js';
import { datasetKnowledge, datasetTest } from '../packages/experiments/src/evaluation/datasetKnowledge.js';
import { meanDivergence, plainAnswers } from '../packages/experiments/src/evaluation/distributions.js';
import { replayStep } from '../packages/experiments/src/evaluation/knowledge.js';
import { ofClasses, type TestSet } from '../packages/experiments/src/evaluation/testSet.js';
import { withLearner } from '../packages/experiments/src/learnerTools.js';
import { splitAccuracy } from '../packages/experiments/src/metrics/accuracy.js';
import { type AccuracyMatrix, forgetting } from '../packages/experiments/src/metrics/incremental.js';
import { cifar10Protocol, classesAfter } from '../packages/experiments/src/protocol.js';
import { createMemoryStore } from '../src/adapters/memory/store/createMemoryStore.js';
import { leaveOneOut, similarities } from '../src/answering/similarities.js';
import { loadConfig } from '../src/app/config/loadConfig.js';
import { cacheFolder } from '../src/data/cacheFolder.js';
import { rowOf, stacked } from '../src/domain/vector.js';
import { type Answer, answerTo } from '../src/model/answer/answer.js';
import type { Classifier } from '../src/model/classifier.js';
import { calibrate } from '../src/model/filter/calibrate.js';
import { isUnlearned } from '../src/model/filter/filter.js';
import { relativeFilter } from '../src/model/filter/relative.js';
import { validationSplit } from './support/validationSplit.js';

const [seed = 1993, perClass = 5000] = process.argv.slice(2).map(Number);
/** 1: the filter stops next to nothing, the guard works alone. */
const SPECIFICITIES = [0.95, 0.97, 0.99, 1];
const STRATEGIES = ['masked', 'nearest'] as const;

const { config } = loadConfig({ variables: {}, overrides: {} });
const { backend } = config.model;
const filter = relativeFilter(config.filter.k);
const calibration = { filter, specificity: null, heldOut: config.filter.calibrationSamples, seed };
const split = validationSplit(await embeddedCifar10(cacheFolder(), () => undefined));
const { dimension, classNames } = split;
const protocol = cifar10Protocol(classNames, seed);
const knowledge = datasetKnowledge(split, protocol);
const validation = datasetTest(split, protocol);
const { rehearsal, ...rest } = config.learning.ssre;
const ssre = { ...rest, rehearsal: { ...rehearsal, perClass }, seed };

await withLearner({ ssre, backend, dimension }, async (learner) => {
  const tools = { ...learner, knowledge, dimension, onProgress: () => undefined };
  const trained = await trainLive(protocol, tools);
  console.log(
    `seed ${seed}, ${perClass} rehearsed: ${[...trained].map(([step, { seconds }]) => `${step} ${seconds.toFixed(1)} s`).join(', ')}`,
  );
  const live = classifiersOf(trained);
  await showForgetting(live);
  await showStrategies(live, classifiersOf(await trainRetrain(protocol, tools)));
});
process.exit(0);

/** Of the model alone, on classes that are known at the end. */
async function showForgetting(live: ReadonlyMap<string, Classifier>): Promise<void> {
  const kept = classesAfter(protocol, protocol.length - 1).remaining;
  const tasks = protocol.filter(({ kind }) => kind === 'learn');
  const matrix: AccuracyMatrix = await Promise.all(
    tasks.map(async ({ name }, after) => {
      const seen = tasks
        .slice(0, after + 1)
        .map(({ classes }) => classes.filter((each) => kept.includes(each)));
      const test = ofClasses(validation, seen.flat());
      const answers = answered(test, await plainAnswers(live.get(name) as Classifier, test));
      return seen.map((classes) => splitAccuracy(answers, new Set(classes), new Set()).remaining ?? 0);
    }),
  );
  console.log(
    `  forgetting ${points(forgetting(matrix))}; by task ${matrix.map((row) => row.map(points).join(' ')).join(' | ')}`,
  );
}

/** Of Lethe's answers, by the wanted specificity and the strategy; with `masked` they do not depend on the filter. */
async function showStrategies(
  live: ReadonlyMap<string, Classifier>,
  retrain: ReadonlyMap<string, Classifier>,
): Promise<void> {
  const store = createMemoryStore({ dimension });
  let model = live.get('initial') as Classifier;
  console.log(
    '  step\twanted specificity\tstrategy\tA_r\tless Retrain\tA_u\tJS to Retrain\trecall\tspecificity',
  );
  for (const [index, step] of protocol.entries()) {
    await replayStep(store, step, knowledge);
    model = live.get(step.name) ?? model;
    const reference = retrain.get(step.name);
    if (!reference) continue;
    const { remaining, unlearned } = classesAfter(protocol, index);
    const sets = [new Set(remaining), new Set(unlearned)] as const;
    const test = ofClasses(validation, [...remaining, ...unlearned]);
    const gone = <T>(all: readonly T[], is = true): T[] =>
      all.filter((_, row) => unlearned.includes(test.truths[row] as string) === is);
    const others = await plainAnswers(reference, test);
    const retrained = splitAccuracy(answered(test, others), ...sets).remaining ?? 0;
    const heldOut = await leaveOneOut(store, filter, calibration);
    const [inCil, inMu] = heldOut.map((found) => found.map((each) => filter.score(each)));
    const scores = (await similarities(stacked(test.vectors, dimension), store, filter)).map(filter.score);
    const logits = await model.logits(stacked(test.vectors, dimension));
    for (const wanted of SPECIFICITIES) {
      const { level } = calibrate(inCil ?? [], inMu ?? [], wanted);
      const stopped = scores.map((score) => isUnlearned(score, level));
      const shareStopped = (of: readonly boolean[]): number => of.filter(Boolean).length / of.length;
      for (const strategy of STRATEGIES) {
        const answers = test.vectors.map((vector, row) =>
          answerTo(
            {
              vector,
              logits: rowOf(logits, row, model.classes.length),
              modelClasses: model.classes,
              temperatureFactor: model.temperatureFactor,
              assessment: {
                filtered: stopped[row] as boolean,
                unlearnedSimilarity: null,
                remainingSimilarity: null,
              },
              random: 0,
            },
            store.registry.snapshot(),
            { strategy, guard: true, topK: remaining.length },
          ),
        );
        const own = splitAccuracy(answered(test, answers), ...sets);
        const line = [
          step.name,
          wanted,
          strategy,
          points(own.remaining),
          points((own.remaining ?? 0) - retrained),
          points(own.unlearned),
          meanDivergence(gone(answers), gone(others))?.toFixed(3),
          points(shareStopped(gone(stopped))),
          points(1 - shareStopped(gone(stopped, false))),
        ];
        console.log(`  ${line.join('\t')}`);
      }
    }
  }
  await store.close();
}

function answered({ truths }: TestSet, answers: readonly Pick<Answer, 'label'>[]) {
  return answers.map(({ label }, row) => ({ label, truth: truths[row] as string }));
}

function points(share: number | null): string {
  return share === null ? '–' : (100 * share).toFixed(2);
}
