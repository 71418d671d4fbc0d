import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelVersion } from 'lethe/internal/domain/messages/model.js';
import { loadClassifier } from 'lethe/internal/model/loadClassifier.js';
import type { TensorflowBackend } from 'lethe/internal/model/tensorflow/loadTensorflow.js';
import type { LearnerSettings } from 'lethe/internal/model/training/messages.js';
import { createTrainer } from 'lethe/internal/model/training/trainer.js';
import type { BaselineTools } from './evaluation/baselines.js';

/** Trains and loads models as the live system does, with checkpoints in a folder of its own. */
export type LearnerTools = Pick<BaselineTools, 'newTrainer' | 'load'>;

/**
 * Gives `work` a learner whose checkpoints are deleted afterwards. It learns all vectors, and its temperature stays as it is set:
 * the tables compare labels, and distributions of models of one temperature.
 */
export async function withLearner<T>(
  options: LearnerSettings & {
    readonly backend: 'auto' | TensorflowBackend;
    readonly dimension: number;
  },
  work: (tools: LearnerTools) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-experiment-'));
  const { backend } = options;
  const learner: LearnerSettings =
    'ssre' in options
      ? { ssre: { ...options.ssre, calibrate: false } }
      : { analytic: { ...options.analytic, calibrate: false } };
  try {
    return await work({
      newTrainer: (name, from) =>
        createTrainer({ ...options, ...learner, checkpoints: join(folder, name), ...(from && { from }) }),
      load: (model: ModelVersion) => loadClassifier(model, { backend }),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
