/**
 * How well the filters tell inputs of unlearned classes from others, on the protocol of Table 1 with vectors of CIFAR-10: recall
 * at the calibrated level, and at the level that lets through 97 % of the test images of remaining classes; and what a verdict
 * costs. `npm run bench:detector -- [seeds] [training images of a class] [test images of a class]`; without the numbers of
 * images, with those that come with Lethe.
 */

import {
  firstOfEachClass,
  openCifar10,
  openDemoSubset,
} from '../packages/experiments/src/embeddings/datasets.js';
import { embedDataset } from '../packages/experiments/src/embeddings/embedDataset.js';
import { datasetKnowledge, datasetTest } from '../packages/experiments/src/evaluation/datasetKnowledge.js';
import { replayStep } from '../packages/experiments/src/evaluation/knowledge.js';
import { ofClasses, type TestSet } from '../packages/experiments/src/evaluation/testSet.js';
import { cifar10Protocol, classesAfter } from '../packages/experiments/src/protocol.js';
import { createMemoryStore } from '../src/adapters/memory/store/createMemoryStore.js';
import { createLinearScreen } from '../src/answering/linearScreen.js';
import { createRefining } from '../src/answering/refining.js';
import { createScreen, type Screen } from '../src/answering/screen.js';
import { cacheFolder } from '../src/data/cacheFolder.js';
import type { Assessment } from '../src/model/answer/answer.js';
import { EFFICIENTNET_LITE0 } from '../src/model/embedder/efficientNetLite0.js';
import { createDetectorFitter } from '../src/model/filter/linear/fitter.js';
import { relativeFilter } from '../src/model/filter/relative.js';
import { type Figure, report } from './support/report.js';

const [seeds = 5, train, test] = process.argv.slice(2).map(Number);
const SPECIFICITY = 0.97;
const HELD_OUT = 1000;

const images = train === undefined ? await openDemoSubset() : await openCifar10(undefined, cacheFolder());
const embedded = await embedDataset(firstOfEachClass(images, { train, test }), EFFICIENTNET_LITE0, {
  cache: cacheFolder(),
  onProgress: ({ subject, done }) => {
    if (done % 1000 === 0) console.log(`${subject}: ${done}`);
  },
});
const { dimension, classNames } = embedded;

interface Outcome {
  /** At the calibrated level. */
  readonly recall: number;
  readonly specificity: number;
  /** Recall at 97 % specificity on the test images themselves. */
  readonly possible: number;
  /** Milliseconds of this thread for a verdict. */
  readonly ms: number;
}
const outcomes = new Map<string, Outcome[]>();

for (let seed = 0; seed < seeds; seed++) {
  const protocol = cifar10Protocol(classNames, seed);
  const knowledge = datasetKnowledge(embedded, protocol);
  const store = createMemoryStore({ dimension });
  const search = createScreen(store, {
    filter: relativeFilter(10),
    specificity: SPECIFICITY,
    heldOut: HELD_OUT,
    seed,
  });
  const heldOut = { perClass: HELD_OUT, inAll: 4 * HELD_OUT };
  const fitter = createDetectorFitter({ dimension, heldOut, seed });
  const linear = createLinearScreen(store, { fitter, search, specificity: SPECIFICITY, familiarity: false });
  const filter = relativeFilter(10);
  const refining = createRefining(store, { search, filter, specificity: SPECIFICITY, heldOut: HELD_OUT });
  const precise = createLinearScreen(store, {
    fitter,
    search,
    specificity: SPECIFICITY,
    familiarity: false,
    refining,
  });
  for (const [index, step] of protocol.entries()) {
    await replayStep(store, step, knowledge);
    const { remaining, unlearned } = classesAfter(protocol, index);
    if (unlearned.length === 0) continue;
    const asked = ofClasses(datasetTest(embedded, protocol), [...remaining, ...unlearned]);
    for (const [name, screen] of [
      ['linear', linear],
      ['linear+knn', precise],
      ['relative', search],
    ] as const) {
      const outcome = await outcomeOf(screen, asked, new Set(unlearned));
      outcomes.set(name, [...(outcomes.get(name) ?? []), outcome]);
      console.log(`seed ${seed} ${step.name} ${name}: ${JSON.stringify(outcome)}`);
    }
  }
  await fitter.forget();
  await store.close();
}

async function outcomeOf(
  screen: Screen,
  { vectors, truths }: TestSet,
  gone: ReadonlySet<string>,
): Promise<Outcome> {
  await screen.calibrate();
  const started = process.cpuUsage();
  const found = await screen.assess(vectors);
  const { user, system } = process.cpuUsage(started);
  const of = (isGone: boolean): Assessment[] =>
    found.filter((_, row) => gone.has(truths[row] as string) === isGone);
  const [stays, goes] = [of(false), of(true)];
  const share = (all: readonly Assessment[]): number =>
    all.filter(({ filtered }) => filtered).length / all.length;
  const ascending = stays.map(scoreOf).sort((a, b) => a - b);
  const level = ascending[Math.floor(SPECIFICITY * ascending.length)] ?? Number.POSITIVE_INFINITY;
  return {
    recall: share(goes),
    specificity: 1 - share(stays),
    possible: goes.filter((each) => scoreOf(each) > level).length / goes.length,
    ms: (user + system) / 1000 / vectors.length,
  };
}

function scoreOf({ margin, unlearnedSimilarity, remainingSimilarity }: Assessment): number {
  return margin ?? (unlearnedSimilarity ?? 0) - (remainingSimilarity ?? 0);
}

const figures = [...outcomes].flatMap(([name, all]): Figure[] => {
  const mean = (of: (outcome: Outcome) => number): number =>
    all.reduce((sum, outcome) => sum + of(outcome), 0) / all.length;
  const worst = (of: (outcome: Outcome) => number): number => Math.min(...all.map(of));
  const percent = (what: string, of: (outcome: Outcome) => number): Figure[] => [
    { what: `${name}: ${what}, mean`, value: 100 * mean(of), unit: '%' },
    { what: `${name}: ${what}, worst`, value: 100 * worst(of), unit: '%' },
  ];
  return [
    // The scores of what was searched for and of what was not are not compared with each other.
    ...(name === 'linear+knn' ? [] : percent('recall at 97 % specificity', ({ possible }) => possible)),
    ...percent('recall at the calibrated level', ({ recall }) => recall),
    ...percent('specificity at the calibrated level', ({ specificity }) => specificity),
    { what: `${name}: CPU of a verdict`, value: mean(({ ms }) => ms), unit: 'ms' },
  ];
});
report('detector', figures);
process.exit(0);
