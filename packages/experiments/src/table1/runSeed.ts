import { createMemoryStore } from 'lethe/internal/adapters/memory/store/createMemoryStore.js';
import type { LetheConfig } from 'lethe/internal/app/config/schema.js';
import { payloadLimits } from 'lethe/internal/app/payloadLimits.js';
import type { Embedder } from 'lethe/internal/model/embedder/embedder.js';
import type { ExperimentDataset } from '../embeddings/datasets.js';
import type { EmbeddedDataset } from '../embeddings/embedDataset.js';
import { type BaselineModels, classifiersOf } from '../evaluation/baselines.js';
import { datasetKnowledge, datasetTest } from '../evaluation/datasetKnowledge.js';
import { BASELINES, evaluateProtocol } from '../evaluation/evaluateProtocol.js';
import { learningOutcome, methodOutcomes } from '../evaluation/outcomes.js';
import { measureRequests, type RequestOutcome } from '../evaluation/requests.js';
import type { ImageSsreConfig } from '../imageSsre/config.js';
import { asPixels } from '../images/pixels.js';
import { cifar10Protocol, classesAfter, type Protocol } from '../protocol.js';
import { HEADLINES } from '../results.js';
import { imagesOf, throughputOf } from './embedderPace.js';
import { type SeedResult, TIMED } from './seedResult.js';
import { trainSystems } from './trainSystems.js';

/** Everything that Table 1 is made from, whatever the seed. */
export interface Table1Input {
  readonly dataset: ExperimentDataset;
  readonly embedded: EmbeddedDataset;
  readonly embedder: Embedder;
  readonly config: LetheConfig;
  /** Unlearning requests by examples, for each step and kind. */
  readonly requests: number;
  readonly settingsHash: string;
  /** SSRE's settings where it learns the images themselves; the filter and the vote see embeddings all the same. */
  readonly images?: ImageSsreConfig;
}

/** Baselines beside CIL only and Retrain. */
const OTHERS = ['jointly', 'restore', 'analytic', 'analyticRetrain'] as const;

export type ShowWork = (what: string, done: number, total: number) => void;

/**
 * Plays the CIFAR-10 protocol of Table 1 with one seed over ready-made vectors: every model is trained by the trainer of
 * the live system with nothing else running, every answer given by the functions of live inference.
 */
export async function runSeed(input: Table1Input, seed: number, show: ShowWork): Promise<SeedResult> {
  const startedAt = new Date();
  const { embedded, config } = input;
  const protocol = cifar10Protocol(embedded.classNames, seed);
  const knowledge = datasetKnowledge(embedded, protocol);
  const { dimension } = embedded;
  const { k, specificity, calibrationSamples: heldOut } = config.filter;
  const pixels = input.images && asPixels(input.dataset);
  const models = await trainSystems({
    protocol,
    ssre: { ...config.learning.ssre, seed },
    analytic: { ...config.learning.analytic, seed },
    images:
      input.images && pixels
        ? {
            config: input.images,
            knowledge: datasetKnowledge(pixels, protocol),
            dimension: pixels.dimension,
          }
        : null,
    embeddings: { knowledge, dimension },
    backend: config.model.backend,
    onProgress: (system, { task }, { epoch, epochs }) =>
      show(`seed ${seed}, ${system}, ${task}: epochs`, epoch, epochs),
  });
  const test = {
    ...datasetTest(embedded, protocol),
    ...(pixels && { images: datasetTest(pixels, protocol).vectors }),
  };
  const requests = await withStore(dimension, (store) =>
    measureRequests({
      protocol,
      knowledge,
      test,
      store,
      embedder: input.embedder,
      imageOf: imagesOf(input.dataset.test),
      vote: config.unlearning,
      limits: payloadLimits(config.limits),
      requests: input.requests,
      seed,
    }),
  );
  show(`seed ${seed}: answers of every method`, 0, 1);
  const evaluations = await withStore(dimension, (store) =>
    evaluateProtocol({
      protocol,
      knowledge,
      test,
      store,
      live: classifiersOf(models.live),
      cilOnly: classifiersOf(models.cilOnly),
      retrain: classifiersOf(models.retrain),
      others: new Map(OTHERS.map((system) => [BASELINES[system], classifiersOf(models[system])] as const)),
      filter: { k, specificity, heldOut },
      seed,
    }),
  );
  show(`seed ${seed}: answers of every method`, 1, 1);
  const learned = (system: keyof typeof BASELINES) =>
    learningOutcome(evaluations, { name: BASELINES[system], group: 'baseline' }, TIMED[system]);
  return {
    settingsHash: input.settingsHash,
    seed,
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    backend: backendOf(models.live),
    steps: protocol.map(({ name, kind, classes }) => ({ name, kind, classes: [...classes] })),
    methods: methodOutcomes(evaluations).map(plain),
    times: [
      { name: TIMED.lethe, seconds: letheSeconds(protocol, models.live, requests) },
      ...(['cilOnly', 'retrain', ...OTHERS] as const).map((system) => ({
        name: TIMED[system],
        seconds: secondsOf(protocol, models[system]),
      })),
    ],
    requests: requests.map((outcome) => ({ ...outcome, classes: [...outcome.classes] })),
    learning: [
      learningOutcome(evaluations, { name: HEADLINES.lethe, group: 'lethe' }, TIMED.lethe),
      learned('cilOnly'),
      learned('analytic'),
    ],
    imagesPerSecond: await throughputOf(input.embedder, input.dataset.test),
    remainingVectors: protocol.map((_, index) =>
      classesAfter(protocol, index).remaining.reduce(
        (sum, name) => sum + (knowledge.get(name)?.vectors.length ?? 0),
        0,
      ),
    ),
  };
}

/** Lethe's tasks as they were trained, its unlearning steps as requests by name. */
function letheSeconds(
  protocol: Protocol,
  live: BaselineModels,
  requests: readonly RequestOutcome[],
): (number | null)[] {
  return protocol.map(
    ({ name }) =>
      live.get(name)?.seconds ?? requests.find(({ step }) => step === name)?.secondsByName ?? null,
  );
}

function secondsOf(protocol: Protocol, models: BaselineModels): (number | null)[] {
  return protocol.map(({ name }) => models.get(name)?.seconds ?? null);
}

function backendOf(models: BaselineModels): string {
  return [...models.values()][0]?.model.backend ?? 'unknown';
}

/** A copy with arrays of its own, as the schema of the result wants it. */
function plain(method: ReturnType<typeof methodOutcomes>[number]): SeedResult['methods'][number] {
  const { name, group, remaining, unlearned, divergence, filter } = method;
  return {
    name,
    group,
    remaining: [...remaining],
    unlearned: [...unlearned],
    divergence: [...divergence],
    filter: [...filter],
  };
}

async function withStore<T>(
  dimension: number,
  work: (store: ReturnType<typeof createMemoryStore>) => Promise<T>,
): Promise<T> {
  const store = createMemoryStore({ dimension });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
