import type { LetheConfig } from '../../app/config/schema.js';
import type { Classifier } from '../../model/classifier.js';
import type { Embedder } from '../../model/embedder/embedder.js';
import type { ImageSsreConfig } from '../../model/ssre/image/config.js';
import { createMemoryStore } from '../../stores/memory/createMemoryStore.js';
import type { ExperimentDataset } from '../embeddings/datasets.js';
import type { EmbeddedDataset } from '../embeddings/embedDataset.js';
import {
  type BaselineModels,
  type BaselineTools,
  classifiersOf,
  trainCilOnly,
  trainJointly,
  trainLive,
  trainRestore,
  trainRetrain,
} from '../evaluation/baselines.js';
import { datasetKnowledge, datasetTest } from '../evaluation/datasetKnowledge.js';
import { BASELINES, evaluateProtocol } from '../evaluation/evaluateProtocol.js';
import { learningOutcome, methodOutcomes } from '../evaluation/outcomes.js';
import { measureRequests, type RequestOutcome } from '../evaluation/requests.js';
import { imageLearner } from '../images/imageLearner.js';
import { asPixels } from '../images/pixels.js';
import { type LearnerTools, withLearner } from '../learnerTools.js';
import { cifar10Protocol, classesAfter, type Protocol } from '../protocol.js';
import { imagesOf, throughputOf } from './embedderPace.js';
import { type SeedResult, TIMED } from './seedResult.js';

/** Everything that Table 1 is made from, whatever the seed. */
export interface Table1Input {
  readonly dataset: ExperimentDataset;
  readonly embedded: EmbeddedDataset;
  readonly embedder: Embedder;
  readonly config: LetheConfig;
  /** Training and test vectors of each class, at most. */
  readonly trainPerClass: number;
  readonly testPerClass: number;
  /** Unlearning requests by examples, for each step and kind. */
  readonly requests: number;
  readonly settingsHash: string;
  /** SSRE's settings where it learns the images themselves; the filter and the vote see embeddings all the same. */
  readonly images?: ImageSsreConfig;
}

export type ShowWork = (what: string, done: number, total: number) => void;

/**
 * Plays the CIFAR-10 protocol of Table 1 with one seed over ready-made vectors: every model is trained by the trainer of
 * the live system with nothing else running, every answer given by the functions of live inference.
 */
export async function runSeed(input: Table1Input, seed: number, show: ShowWork): Promise<SeedResult> {
  const startedAt = new Date();
  const { embedded, config } = input;
  const protocol = cifar10Protocol(embedded.classNames, seed);
  const knowledge = datasetKnowledge(embedded, protocol, input.trainPerClass);
  const { dimension } = embedded;
  const { k, specificity, calibrationSamples: heldOut } = config.filter;
  const pixels = input.images && asPixels(input.dataset);
  return withChosenLearner(
    {
      ssre: { ...config.learning.ssre, seed },
      images: input.images,
      backend: config.model.backend,
      dimension,
    },
    async (learner) => {
      const tools: BaselineTools = {
        ...learner,
        knowledge: pixels ? datasetKnowledge(pixels, protocol, input.trainPerClass) : knowledge,
        dimension: pixels?.dimension ?? dimension,
        onProgress: (system, { task }, { epoch, epochs }) =>
          show(`seed ${seed}, ${system}, ${task}: epochs`, epoch, epochs),
      };
      const models = await trainAll(protocol, tools);
      const test = {
        ...datasetTest(embedded, protocol, input.testPerClass),
        ...(pixels && { images: datasetTest(pixels, protocol, input.testPerClass).vectors }),
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
          limits: { maxBytes: config.limits.imageBytes, maxPixels: config.limits.imagePixels },
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
          others: new Map<string, ReadonlyMap<string, Classifier>>([
            [BASELINES.jointly, classifiersOf(models.jointly)],
            [BASELINES.restore, classifiersOf(models.restore)],
          ]),
          filter: { k, specificity, heldOut },
          seed,
        }),
      );
      show(`seed ${seed}: answers of every method`, 1, 1);
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
          ...(['cilOnly', 'retrain', 'jointly', 'restore'] as const).map((system) => ({
            name: TIMED[system],
            seconds: secondsOf(protocol, models[system]),
          })),
        ],
        requests: requests.map((outcome) => ({ ...outcome, classes: [...outcome.classes] })),
        learning: [
          learningOutcome(evaluations, { name: 'nearest', group: 'lethe' }, TIMED.lethe),
          learningOutcome(evaluations, { name: BASELINES.cilOnly, group: 'baseline' }, TIMED.cilOnly),
        ],
        imagesPerSecond: await throughputOf(input.embedder, input.dataset.test),
        remainingVectors: protocol.map((_, index) =>
          classesAfter(protocol, index).remaining.reduce(
            (sum, name) => sum + (knowledge.get(name)?.vectors.length ?? 0),
            0,
          ),
        ),
      };
    },
  );
}

/** The learner of the live system over embeddings, or SSRE on images. */
async function withChosenLearner<T>(
  {
    images,
    ...options
  }: Parameters<typeof withLearner<T>>[0] & { readonly images: ImageSsreConfig | undefined },
  work: (tools: LearnerTools) => Promise<T>,
): Promise<T> {
  if (!images) return withLearner(options, work);
  return work(await imageLearner({ ...images, seed: options.ssre.seed }, options.backend));
}

async function trainAll(protocol: Protocol, tools: BaselineTools & LearnerTools) {
  const live = await trainLive(protocol, tools);
  const initial = live.get(protocol[0]?.name ?? '');
  if (!initial) throw new RangeError('the protocol begins with no task');
  const later = await trainCilOnly(protocol, initial.model, tools);
  return {
    live,
    cilOnly: new Map([[protocol[0]?.name ?? '', initial], ...later]),
    retrain: await trainRetrain(protocol, tools),
    jointly: await trainJointly(protocol, tools),
    restore: await trainRestore(protocol, live, tools),
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
