import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KnowledgeStore } from 'lethe/internal/adapters/knowledgeStore.js';
import { createMemoryStore } from 'lethe/internal/adapters/memory/store/createMemoryStore.js';
import { startLethe } from 'lethe/internal/app/compose.js';
import { learnerSettings } from 'lethe/internal/app/config/learnerSettings.js';
import type { LetheConfig } from 'lethe/internal/app/config/schema.js';
import { embedderOf } from 'lethe/internal/app/embedder.js';
import type { ModelVersion } from 'lethe/internal/domain/messages/model.js';
import { rowOf } from 'lethe/internal/domain/vector.js';
import { decodeImage } from 'lethe/internal/model/embedder/decodeImage.js';
import { loadClassifier } from 'lethe/internal/model/loadClassifier.js';
import { createTrainer } from 'lethe/internal/model/training/trainer.js';
import type { Logger } from 'pino';
import type { BaselineTools } from '../evaluation/baselines.js';
import type { Evaluation } from '../evaluation/evaluateProtocol.js';
import type { LabelledImage } from './labelledImage.js';
import type { LiveSystem } from './liveSystem.js';

/** The running Lethe that the demo plays with, and the parts that it borrows for baselines and evaluation. */
export interface DemoSystem extends LiveSystem, Pick<BaselineTools, 'newTrainer' | 'load' | 'dimension'> {
  readonly store: KnowledgeStore;
  /** An empty store of the same kind. */
  readonly newStore: () => KnowledgeStore;
  /** Unit vectors of images by the same embedder, in order; tells how many are done. */
  readonly embed: (
    images: readonly LabelledImage[],
    onProgress: (done: number) => void,
  ) => Promise<Float32Array[]>;
  readonly embedder: string;
  readonly filter: Evaluation['filter'];
  readonly filterName: string;
  /** Ends the live part, so that nothing else runs while baselines are timed. The checkpoints stay. */
  readonly stop: () => Promise<void>;
  /** Frees everything and deletes the checkpoints. */
  readonly close: () => Promise<void>;
}

const EMBEDDED_AT_ONCE = 32;

/**
 * Starts an embedded Lethe for the demo: what it keeps vanishes with it, and its checkpoints are in a folder of its own that
 * {@link DemoSystem.close} deletes.
 */
export async function startDemoSystem(config: LetheConfig, logger: Logger): Promise<DemoSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-demo-'));
  const { backend, seed, name: modelName } = config.model;
  const lethe = await startLethe(
    {
      ...config,
      model: { ...config.model, checkpoints: join(folder, 'live') },
      stores: { ...config.stores, kind: 'memory' },
      transport: { ...config.transport, kind: 'memory' },
    },
    { logger },
  );
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= lethe.close();
    return stopped;
  };
  const { dimension } = lethe.store.vectors;
  const { embedder } = await lethe.status();
  const { k, specificity, calibrationSamples: heldOut } = config.filter;
  return {
    log: lethe.log,
    topics: lethe.topics,
    modelName,
    store: lethe.store,
    dimension,
    embedder,
    filter: { k, specificity, heldOut },
    filterName: `relative, k = ${k}, specificity at least ${specificity}`,
    newStore: () => createMemoryStore({ dimension }),
    newTrainer: (name, from) =>
      createTrainer({
        checkpoints: join(folder, name),
        backend,
        ...learnerSettings(config.learning, seed),
        dimension,
        ...(from && { from }),
      }),
    load: (model: ModelVersion) => loadClassifier(model, { backend }),
    embed: (images, onProgress) => embedAll(config, images, onProgress),
    stop,
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function embedAll(
  config: LetheConfig,
  images: readonly LabelledImage[],
  onProgress: (done: number) => void,
): Promise<Float32Array[]> {
  const embedder = await embedderOf(config);
  const { imageBytes: maxBytes, imagePixels: maxPixels } = config.limits;
  const vectors: Float32Array[] = [];
  try {
    for (let from = 0; from < images.length; from += EMBEDDED_AT_ONCE) {
      const batch = images.slice(from, from + EMBEDDED_AT_ONCE);
      const decoded = await Promise.all(
        batch.map(({ payload }) => decodeImage(payload, embedder.inputSize, { maxBytes, maxPixels })),
      );
      const rows = await embedder.embed(decoded);
      vectors.push(...batch.map((_, index) => rowOf(rows, index, embedder.dimension)));
      onProgress(vectors.length);
    }
  } finally {
    await embedder.close();
  }
  return vectors;
}
