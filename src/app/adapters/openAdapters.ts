import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { EventLog, Loss } from '../../adapters/eventLog.js';
import type { KnowledgeStore } from '../../adapters/knowledgeStore.js';
import { LetheError } from '../../domain/errors.js';
import type { ModelVersion } from '../../domain/messages/model.js';
import type { Topics } from '../../domain/topics.js';
import { ANALYTIC_BACKEND } from '../../model/analytic/config.js';
import type { CheckpointStore } from '../../model/checkpoint/checkpointStore.js';
import type { Copies } from '../../model/checkpoint/copies.js';
import type { Embedder } from '../../model/embedder/embedder.js';
import type { Rebuilder, Revision, Trainer } from '../../model/trainer.js';
import { createTrainer, type StartingWorker, startTraining } from '../../model/training/trainer.js';
import { learnerSettings } from '../config/learnerSettings.js';
import type { LetheConfig } from '../config/schema.js';
import { embedderOf } from '../embedder.js';
import { workerName } from '../workerName.js';
import { computingWords } from './computingWords.js';
import { createLog } from './createLog.js';
import { createStores, type RedisService, type Stores } from './createStore.js';
import { openDisk } from './disk.js';

/** What a worker works with, opened. */
export interface Adapters {
  readonly embedder: Embedder;
  readonly trainer: Trainer & Rebuilder;
  readonly log: EventLog;
  readonly store: KnowledgeStore;
  readonly checkpoints: CheckpointStore;
  /** What this worker keeps of models in its own folder. */
  readonly copies: Copies;
  close(): Promise<void>;
}

/** What a worker may have to wait for: few words, which metrics carry. */
export type Service = 'kafka' | 'disk writes' | RedisService;

/** Told when a service goes out of reach, or can't do something, and when it is well again. */
export type OnConnection = (service: Service, connected: boolean, why?: string) => void;

/**
 * Opens what the config names; where one can't be opened, the others are closed again.
 * @throws LetheError `config-invalid`, `embedder-invalid`, `backend-unavailable`
 */
export async function openAdapters(
  config: LetheConfig,
  topics: Topics,
  logger: Logger,
  onConnection: OnConnection,
  onLoss: (loss: Loss) => void,
): Promise<Adapters> {
  const named = logger.child({ worker: workerName(config) });
  const opened: (() => Promise<unknown>)[] = [];
  // Before all that takes its time: a second process with the folder ends at once.
  const file = await openDisk(config, (isWell, why) => onConnection('disk writes', isWell, why));
  const close = async (): Promise<void> => {
    await Promise.allSettled(opened.splice(0).map((each) => each()));
    file?.close();
  };
  const starting = config.worker.role === 'infer' ? null : trainingAhead(config);
  if (starting) opened.push(() => starting.kill());
  try {
    const embedder = await embedderOf(config);
    opened.push(() => embedder.close());
    const stores = await createStores(config, embedder, named, onConnection, file);
    opened.push(() => stores.close());
    await removeLeftModels(stores, config, named);
    const kafka = (connected: boolean, why?: string): void => onConnection('kafka', connected, why);
    const log = await createLog(config, topics, named, kafka, onLoss, file);
    opened.push(() => log.close());
    const trainer = starting
      ? await trainerOf(config, embedder.dimension, { ...stores, starting }, named)
      : NO_TRAINER;
    opened.push(() => trainer.close());
    const { store, checkpoints, copies } = stores;
    return { embedder, trainer, log, store, checkpoints, copies, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Models whose registry went with its process: nobody could have them forgotten any more. */
async function removeLeftModels(
  { removeLeft }: Stores,
  { model }: LetheConfig,
  logger: Logger,
): Promise<void> {
  if (!removeLeft) return;
  const { removed, left } = await removeLeft();
  if (removed > 0) logger.info({ removed }, 'removed the models of embedded processes that have ended');
  if (left.length === 0) return;
  logger.warn(
    { folder: model.checkpoints, versions: left },
    'the folder contains models that this process does not know and will not erase: delete those that no other deployment uses',
  );
}

/** The training process: it takes as long to load its libraries as all else takes to open, so it is started first. */
function trainingAhead({ model, learning }: LetheConfig): StartingWorker {
  const { checkpoints, backend, seed } = model;
  const starting = startTraining({ checkpoints, backend, ...learnerSettings(learning, seed) });
  // Whoever takes it over sees its failure; where something else fails before, nobody does.
  starting.ready.catch(() => undefined);
  return starting;
}

/** A trainer that goes on from the current model, and whose checkpoints are published before anyone hears of them. */
async function trainerOf(
  { model, learning }: LetheConfig,
  dimension: number,
  {
    store,
    checkpoints,
    copies,
    starting,
  }: Pick<Stores, 'store' | 'checkpoints' | 'copies'> & { readonly starting: StartingWorker },
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
    starting,
  });
  const { backend, tried } = await starting.ready;
  logger.info({ backend, tried, node: process.versions.node }, computingWords({ backend, tried }));
  /** @param classes those of the model that is made: it may be on top of the one that the registry names now */
  const published = (classes: readonly string[], make: () => Promise<ModelVersion>): Promise<ModelVersion> =>
    copies.writing([...classes, ...(store.registry.snapshot().model?.classes ?? [])], async () => {
      const trained = await make();
      const { version, sha256 } = trained;
      const folder = fileURLToPath(trained.checkpoint);
      return { ...trained, checkpoint: await checkpoints.publish({ version, folder, sha256 }) };
    });
  const { revise } = trainer;
  return {
    backend: trainer.backend,
    ...(trainer.rehearsal && { rehearsal: trainer.rehearsal }),
    ...(trainer.calibration && { calibration: trainer.calibration }),
    train: (task, onProgress) => published(task.classes, () => trainer.train(task, onProgress)),
    rebuild: (task, onProgress) => published(task.classes, () => trainer.rebuild(task, onProgress)),
    adopt: (model) => trainer.adopt(model),
    ...(revise && { revise: (revision: Revision) => published([], () => revise(revision)) }),
    close: () => trainer.close(),
  };
}

/** A model of one learner is nothing that the other could go on from. */
function refuseOtherLearner(learner: 'ssre' | 'analytic', model: ModelVersion | null): void {
  const other = model?.backend === ANALYTIC_BACKEND ? 'analytic' : 'ssre';
  if (!model || other === learner) return;
  throw new LetheError('config-invalid', `the learner ${other} made the model ${model.version}`, {
    field: 'learning.learner',
    value: learner,
    remedy: `Set learning.learner to ${other}. Or choose a new model.name and topic prefix, and learn the tasks again.`,
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
