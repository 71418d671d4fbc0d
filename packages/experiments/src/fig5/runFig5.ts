import { join } from 'node:path';
import { createMemoryStore } from 'lethe/internal/adapters/memory/store/createMemoryStore.js';
import type { LetheConfig } from 'lethe/internal/app/config/schema.js';
import { payloadLimits } from 'lethe/internal/app/payloadLimits.js';
import type { Embedder } from 'lethe/internal/model/embedder/embedder.js';
import { z } from 'zod';
import type { ExperimentDataset } from '../embeddings/datasets.js';
import type { EmbeddedDataset } from '../embeddings/embedDataset.js';
import { trainAnalytic } from '../evaluation/analytic.js';
import {
  type BaselineModels,
  type BaselineTools,
  trainJointly,
  trainLive,
  trainRestore,
} from '../evaluation/baselines.js';
import { datasetKnowledge, datasetTest } from '../evaluation/datasetKnowledge.js';
import { EXAMPLES, measureRequests } from '../evaluation/requests.js';
import { withLearner } from '../learnerTools.js';
import { classesAfter } from '../protocol.js';
import { keptResult, writeWhole } from '../resultFiles.js';
import { imagesOf, throughputOf } from '../table1/embedderPace.js';
import type { ShowWork } from '../table1/runSeed.js';
import { WORKLOADS, type Workload, type WorkloadSizes, workloadProtocol } from './workloads.js';

/** What a workload took, request by request. */
export const workloadResultSchema = z.strictObject({
  settingsHash: z.string(),
  workload: z.enum(WORKLOADS),
  backend: z.string(),
  imagesPerSecond: z.number(),
  requests: z.array(
    z.strictObject({
      name: z.string(),
      kind: z.enum(['learn', 'unlearn']),
      classes: z.number(),
      /** New images that the request brings (learn), or five examples a class (unlearn). */
      embeddedImages: z.number(),
      /** Training vectors of all classes that remain. */
      remainingVectors: z.number(),
      /** Training, or the whole request by images; without the embedding of new samples. */
      lethe: z.number(),
      /** By name; null for a learning. */
      letheByName: z.number().nullable(),
      /** Training from scratch on all remaining classes. */
      retrain: z.number(),
      /** Training of the tasks that have to be run again, or of the new one. */
      restore: z.number(),
      /** The analytic learner's step: statistics added or taken out, and the weights solved for. */
      analytic: z.number(),
      /** The analytic learner from nothing, on all remaining classes. */
      analyticRetrain: z.number(),
    }),
  ),
});
export type WorkloadResult = z.infer<typeof workloadResultSchema>;

/** Everything that Fig. 5 is made from. */
export interface Fig5Input {
  readonly dataset: ExperimentDataset;
  readonly embedded: EmbeddedDataset;
  readonly embedder: Embedder;
  readonly config: LetheConfig;
  readonly sizes: WorkloadSizes;
  readonly seed: number;
  readonly settingsHash: string;
}

/**
 * The three workloads of Fig. 5, each answered by Lethe, Retrain and Restore with the same trainer, and by the analytic
 * learner beside its own retrain. The result of a
 * workload is written whole, and taken from there by a run with the same settings.
 */
export async function runFig5(
  input: Fig5Input,
  out: string,
  show: ShowWork,
  onKept: (workload: Workload, file: string) => void,
): Promise<WorkloadResult[]> {
  const results: WorkloadResult[] = [];
  for (const workload of WORKLOADS) {
    const file = join(out, 'workloads', `${workload}.json`);
    const kept = await keptResult(file, workloadResultSchema, input.settingsHash);
    if (kept) onKept(workload, file);
    const result = kept ?? (await runWorkload(workload, input, show));
    if (!kept) await writeWhole(file, `${JSON.stringify(result, null, 2)}\n`);
    results.push(result);
  }
  return results;
}

async function runWorkload(workload: Workload, input: Fig5Input, show: ShowWork): Promise<WorkloadResult> {
  const { embedded, config, seed, sizes, embedder, dataset } = input;
  const { dimension } = embedded;
  const protocol = workloadProtocol(workload, embedded.classNames, sizes, seed);
  const knowledge = datasetKnowledge(embedded, protocol);
  const sizeOf = (classes: readonly string[]): number =>
    classes.reduce((sum, name) => sum + (knowledge.get(name)?.vectors.length ?? 0), 0);
  const ssre = { ...config.learning.ssre, seed };
  const { backend } = config.model;
  const given: Pick<BaselineTools, 'knowledge' | 'dimension' | 'onProgress'> = {
    knowledge,
    dimension,
    onProgress: (system, { task }, { epoch, epochs }) =>
      show(`${workload}, ${system}, ${task}: epochs`, epoch, epochs),
  };
  const analytic = await withLearner(
    { analytic: { ...config.learning.analytic, seed }, backend, dimension },
    async (learner) => ({
      live: await trainAnalytic(protocol, { ...learner, ...given }),
      retrain: await trainJointly(protocol, { ...learner, ...given }, 1),
    }),
  );
  return withLearner({ ssre, backend, dimension }, async (learner) => {
    const tools: BaselineTools = { ...learner, ...given };
    const live = await trainLive(protocol, tools);
    const restore = await trainRestore(protocol, live, tools);
    const retrain = await trainJointly(protocol, tools, 1);
    const store = createMemoryStore({ dimension });
    const unlearned = await measureRequests({
      protocol,
      knowledge,
      test: datasetTest(embedded, protocol),
      store,
      embedder,
      imageOf: imagesOf(dataset.test),
      vote: config.unlearning,
      limits: payloadLimits(config.limits),
      requests: 1,
      seed,
    }).finally(() => store.close());
    const secondsIn = (models: BaselineModels, step: string): number => models.get(step)?.seconds ?? 0;
    return {
      settingsHash: input.settingsHash,
      workload,
      backend: [...live.values()][0]?.model.backend ?? 'unknown',
      imagesPerSecond: await throughputOf(embedder, dataset.test),
      requests: protocol.flatMap(({ name, kind, classes }, index) => {
        if (index === 0) return [];
        const request = unlearned.find(({ step }) => step === name);
        return [
          {
            name,
            kind,
            classes: classes.length,
            embeddedImages: kind === 'learn' ? sizeOf(classes) : EXAMPLES * classes.length,
            remainingVectors: sizeOf(classesAfter(protocol, index).remaining),
            lethe: request?.secondsByImages ?? secondsIn(live, name),
            letheByName: request?.secondsByName ?? null,
            retrain: secondsIn(retrain, name),
            restore: secondsIn(restore, name) || secondsIn(live, name),
            analytic: secondsIn(analytic.live, name),
            analyticRetrain: secondsIn(analytic.retrain, name),
          },
        ];
      }),
    };
  });
}
