import { LetheError } from '../../domain/errors.js';
import { ANALYTIC_BACKEND, type AnalyticConfig } from '../analytic/config.js';
import { addedFeatures } from '../analytic/features.js';
import { NO_CLASSES } from '../analytic/revise.js';
import {
  type AnalyticCheckpoint,
  type Checkpoint,
  madeBy,
  type StoredCheckpoint,
} from '../checkpoint/checkpoint.js';
import type { SsreConfig } from '../ssre/config.js';
import { loadTensorflow, type TensorflowBackend } from '../tensorflow/loadTensorflow.js';
import { trainingThreads } from '../tensorflow/threads.js';
import type { ClassVectors, TrainingNotice } from '../trainer.js';
import type { Computing, LearnerSettings } from './messages.js';
import { createAnalyticSteps } from './reviseResumably.js';
import type { KeyedTask } from './taskKey.js';
import { trainResumably } from './trainResumably.js';

/** What a training process is asked for: a task, or a revision of what is known. */
export interface LearnerStep extends Omit<KeyedTask, 'backend' | 'config' | 'forgotten' | 'anew'> {
  readonly forgotten: ClassVectors | null;
  readonly anew: boolean;
}

export interface StepListeners {
  /** Awaited: lets messages out, since computing blocks. */
  readonly onEpoch: (epoch: number, epochs: number, loss: number) => Promise<void>;
  readonly onNotice: (notice: TrainingNotice) => void;
}

/** A learner that is ready to work, in the training process. */
export interface LoadedLearner extends Computing {
  /** Takes a step on top of the base checkpoint (asked for where it is needed) and writes the checkpoint after it. */
  take(
    step: LearnerStep,
    base: () => Promise<Checkpoint | null>,
    listeners: StepListeners,
  ): Promise<{ readonly stored: StoredCheckpoint; readonly checkpoint: Checkpoint }>;
}

/**
 * Loads the learner that the settings name.
 * @param checkpoints folder of the checkpoints
 * @throws LetheError `backend-unavailable`
 */
export function loadLearner(
  settings: LearnerSettings,
  backend: 'auto' | TensorflowBackend,
  checkpoints: string,
): Promise<LoadedLearner> {
  return 'ssre' in settings
    ? loadSsre(settings.ssre, backend, checkpoints)
    : loadAnalytic(settings.analytic, checkpoints);
}

async function loadSsre(
  config: SsreConfig,
  backend: 'auto' | TensorflowBackend,
  checkpoints: string,
): Promise<LoadedLearner> {
  const loaded = await loadTensorflow(backend);
  return {
    backend: loaded.backend,
    tried: loaded.tried,
    take: ({ forgotten: _, anew: __, staying: ___, ...task }, base, { onEpoch, onNotice }) => {
      const { initial, incremental, rehearsal } = config;
      const epochs =
        task.base === null ? initial.epochs : incremental.epochs + (task.rehearsal ? rehearsal.epochs : 0);
      const baseState = async () => {
        const checkpoint = await base();
        return checkpoint && madeBy('ssre', checkpoint).state;
      };
      return trainResumably(loaded, checkpoints, { ...task, config }, baseState, {
        onEpoch: ({ epoch, loss }) => onEpoch(epoch, epochs, loss),
        onNotice,
      });
    },
  };
}

async function loadAnalytic(config: AnalyticConfig, checkpoints: string): Promise<LoadedLearner> {
  const steps = await createAnalyticSteps(Number(trainingThreads()));
  return {
    backend: ANALYTIC_BACKEND,
    tried: [],
    take: ({ rehearsal: _, forgotten, ...step }, base, { onEpoch, onNotice }) => {
      const baseState = async () => {
        const checkpoint = await base();
        if (checkpoint === null) return null;
        const own = madeBy('analytic', checkpoint);
        refuseOtherSums(own, config);
        return own.state;
      };
      return steps(checkpoints, { ...step, config, forgotten: forgotten ?? NO_CLASSES }, baseState, {
        onFitted: (loss) => onEpoch(1, 1, loss),
        onNotice,
      });
    },
  };
}

/** Sums of other features, or of vectors that counted otherwise, are nothing to add to. */
function refuseOtherSums({ config: made, state }: AnalyticCheckpoint, wanted: AnalyticConfig): void {
  const added = state.statistics.width - state.dimension;
  const isProjected = added !== 0;
  const other = [
    { key: 'learning.analytic.projection', has: added, value: addedFeatures(state.dimension, wanted) },
    { key: 'learning.analytic.balance', has: made.balance, value: wanted.balance },
    ...(isProjected ? [{ key: 'model.seed', has: made.seed, value: wanted.seed }] : []),
  ].find(({ has, value }) => has !== value);
  if (!other) return;
  const { key, has, value } = other;
  throw new LetheError('config-invalid', `the model was made with ${key}: ${has}`, {
    field: key,
    value: String(value),
    remedy: `Set ${key} to ${has}, or start with a new model.name and empty stores.`,
  });
}
