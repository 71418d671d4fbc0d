import { createDoubleProducts, type DoubleProducts } from '../../blas/doubleProducts.js';
import { ANALYTIC_BACKEND, type AnalyticConfig } from '../analytic/config.js';
import { type FeatureMap, featureMap } from '../analytic/features.js';
import { meanSquaredError } from '../analytic/head.js';
import { revise } from '../analytic/revise.js';
import type { AnalyticState } from '../analytic/state.js';
import type { AnalyticCheckpoint, StoredCheckpoint } from '../checkpoint/checkpoint.js';
import { writeCheckpoint } from '../checkpoint/writeCheckpoint.js';
import type { ClassVectors, TrainingNotice } from '../trainer.js';
import { findFinished, rememberFinished } from './finished.js';
import { type KeyedTask, taskKey } from './taskKey.js';

/** A step of the analytic learner. */
export interface AnalyticTask extends Omit<KeyedTask, 'backend' | 'config' | 'rehearsal'> {
  readonly config: AnalyticConfig;
  readonly forgotten: ClassVectors;
  /** Whether everything that was known before is dropped. */
  readonly anew: boolean;
}

export interface AnalyticListeners {
  /** Told once the step is computed: the mean squared error on all vectors that the model was made from. */
  readonly onFitted: (loss: number) => Promise<void>;
  readonly onNotice: (notice: TrainingNotice) => void;
}

/** Takes steps of the analytic learner; keeps what costs time to be made. */
export type AnalyticSteps = (
  checkpoints: string,
  task: AnalyticTask,
  baseState: () => Promise<AnalyticState | null>,
  listeners: AnalyticListeners,
) => Promise<{ readonly stored: StoredCheckpoint; readonly checkpoint: AnalyticCheckpoint }>;

/**
 * Makes {@link AnalyticSteps}. A step writes its checkpoint; one that was taken already is found.
 * @param threads of a matrix product
 */
export async function createAnalyticSteps(threads: number): Promise<AnalyticSteps> {
  const products = await createDoubleProducts(threads);
  const maps = rememberedMap();
  return async (checkpoints, task, baseState, { onFitted, onNotice }) => {
    const key = taskKey({ ...task, backend: ANALYTIC_BACKEND });
    const finished = await findFinished(checkpoints, key);
    if (finished?.checkpoint.learner === 'analytic') {
      onNotice({ kind: 'found', version: finished.stored.version });
      return { ...finished, checkpoint: finished.checkpoint };
    }
    const state = await stepped(task, await baseState(), maps(task.dimension, task.config), products);
    await onFitted(meanSquaredError(state.statistics, state.weights, task.config));
    const checkpoint: AnalyticCheckpoint = {
      learner: 'analytic',
      state,
      task: task.task,
      config: task.config,
      backend: ANALYTIC_BACKEND,
    };
    const stored = await writeCheckpoint(checkpoints, checkpoint);
    await rememberFinished(checkpoints, key, stored).catch((error: unknown) =>
      onNotice({ kind: 'unsaved', reason: String(error) }),
    );
    return { stored, checkpoint };
  };
}

async function stepped(
  { anew, forgotten, staying, config, ...learned }: AnalyticTask,
  base: AnalyticState | null,
  map: FeatureMap,
  products: DoubleProducts,
): Promise<AnalyticState> {
  if (!anew) return revise(base, { learned, forgotten, staying }, config, map, products);
  const state = await revise(null, { learned, forgotten }, config, map, products);
  return { ...state, tasks: (base?.tasks ?? 0) + 1 };
}

/** The map of the last settings: a projection takes some time to be drawn. */
function rememberedMap(): (dimension: number, config: AnalyticConfig) => FeatureMap {
  let last: { readonly name: string; readonly map: FeatureMap } | undefined;
  return (dimension, config) => {
    const name = JSON.stringify([dimension, config.seed, config.projection]);
    if (last?.name !== name) last = { name, map: featureMap(dimension, config) };
    return last.map;
  };
}
