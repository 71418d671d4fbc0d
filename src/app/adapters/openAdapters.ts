import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { LetheError } from '../../domain/errors.js';
import type { ModelVersion } from '../../domain/messages/model.js';
import type { Topics } from '../../domain/topics.js';
import { ANALYTIC_BACKEND } from '../../model/analytic/config.js';
import type { CheckpointStore } from '../../model/checkpoint/checkpointStore.js';
import type { Embedder } from '../../model/embedder/embedder.js';
import type { Rebuilder, Revision, Trainer } from '../../model/trainer.js';
import { createTrainer } from '../../model/training/trainer.js';
import type { KnowledgeStore } from '../../stores/knowledgeStore.js';
import type { EventLog } from '../../streams/transports/eventLog.js';
import { learnerSettings } from '../config/learnerSettings.js';
import type { LetheConfig } from '../config/schema.js';
import { embedderOf } from '../embedder.js';
import { createLog } from './createLog.js';
import { createStores } from './createStore.js';

/** What a worker works with, opened. */
export interface Adapters {
  readonly embedder: Embedder;
  readonly trainer: Trainer & Rebuilder;
  readonly log: EventLog;
  readonly store: KnowledgeStore;
  readonly checkpoints: CheckpointStore;
  close(): Promise<void>;
}

/** Told when a service goes out of reach or comes back. */
export type OnConnection = (service: 'kafka' | 'redis', connected: boolean, why?: string) => void;

/**
 * Opens what the config names; where one can't be opened, the others are closed again.
 * @throws LetheError `config-invalid`, `embedder-invalid`, `backend-unavailable`
 */
export async function openAdapters(
  config: LetheConfig,
  topics: Topics,
  logger: Logger,
  onConnection: OnConnection,
): Promise<Adapters> {
  const named = logger.child({ worker: config.worker.name ?? hostname() });
  const opened: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    await Promise.allSettled(opened.splice(0).map((each) => each()));
  };
  try {
    const embedder = await embedderOf(config);
    opened.push(() => embedder.close());
    const stores = await createStores(config, embedder.dimension, named, (connected, why) =>
      onConnection('redis', connected, why),
    );
    opened.push(() => stores.close());
    const log = await createLog(config, topics, named, (connected, why) =>
      onConnection('kafka', connected, why),
    );
    opened.push(() => log.close());
    const trainer =
      config.worker.role === 'infer'
        ? NO_TRAINER
        : await trainerOf(config, embedder.dimension, stores, named);
    opened.push(() => trainer.close());
    return { embedder, trainer, log, ...stores, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A trainer that goes on from the current model, and whose checkpoints are published before anyone hears of them. */
async function trainerOf(
  { model, learning }: LetheConfig,
  dimension: number,
  { store, checkpoints }: { readonly store: KnowledgeStore; readonly checkpoints: CheckpointStore },
  logger: Logger,
): Promise<Trainer & Rebuilder> {
  refuseOtherLearner(learning.learner, store.registry.snapshot().model);
  const trainer = await createTrainer({
    checkpoints: model.checkpoints,
    backend: model.backend,
    ...learnerSettings(learning, model.seed),
    dimension,
    // Asked before every step: another worker may have trained meanwhile, or a model made here not have become current.
    from: () => store.registry.snapshot().model,
    resolve: (base) => checkpoints.fetch(base.checkpoint, base.sha256),
    onNotice: (notice) => logger.info(notice, 'training'),
  });
  const published = async (trained: ModelVersion): Promise<ModelVersion> => {
    const { version, sha256 } = trained;
    const folder = fileURLToPath(trained.checkpoint);
    return { ...trained, checkpoint: await checkpoints.publish({ version, folder, sha256 }) };
  };
  const { revise } = trainer;
  return {
    backend: trainer.backend,
    ...(trainer.rehearsal && { rehearsal: trainer.rehearsal }),
    train: async (task, onProgress) => published(await trainer.train(task, onProgress)),
    rebuild: async (task, onProgress) => published(await trainer.rebuild(task, onProgress)),
    adopt: (model) => trainer.adopt(model),
    ...(revise && { revise: async (revision: Revision) => published(await revise(revision)) }),
    close: () => trainer.close(),
  };
}

/** A model of one learner is nothing that the other could go on from. */
function refuseOtherLearner(learner: 'ssre' | 'analytic', model: ModelVersion | null): void {
  const other = model?.backend === ANALYTIC_BACKEND ? 'analytic' : 'ssre';
  if (!model || other === learner) return;
  throw new LetheError('config-invalid', `model ${model.version} was made by the learner ${other}`, {
    field: 'learning.learner',
    value: learner,
    remedy: `Set learning.learner to ${other}, or model.name (and the topics' prefix) to a new one and learn its tasks there.`,
  });
}

async function refuseToTrain(): Promise<never> {
  throw new LetheError('internal', 'this worker does not train', { remedy: 'Report it.' });
}

/** Of workers that only answer. */
const NO_TRAINER: Trainer & Rebuilder = {
  backend: 'none',
  train: refuseToTrain,
  rebuild: refuseToTrain,
  adopt: () => undefined,
  close: async () => undefined,
};
