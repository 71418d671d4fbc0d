import type { ModelVersion } from '../../src/domain/messages/model.js';
import { dot, normalised, rowOf } from '../../src/domain/vector.js';
import type { Classifier } from '../../src/model/classifier.js';
import type { Trainer, TrainingTask } from '../../src/model/trainer.js';

/** A nearest-mean classifier behind the ports of training and inference: real answers, no epochs to wait for. */
export interface CentroidTraining {
  readonly trainer: Trainer;
  readonly load: (model: ModelVersion) => Promise<Classifier>;
  /** The tasks as they were handed over. */
  readonly trained: TrainingTask[];
}

/**
 * @param dimension components of the vectors
 * @param work what a training waits for; fails if it rejects
 */
export function centroidTraining(
  dimension: number,
  work: (task: TrainingTask) => Promise<void> = async () => undefined,
): CentroidTraining {
  const centroids = new Map<string, Float32Array>();
  const trained: TrainingTask[] = [];
  const trainer: Trainer = {
    backend: 'centroids',
    async train(task, onProgress) {
      trained.push(task);
      await work(task);
      task.classes.forEach((name, index) => {
        const sum = new Float32Array(dimension);
        task.labels.forEach((label, row) => {
          if (label !== index) return;
          rowOf(task.vectors, row, dimension).forEach((value, i) => {
            sum[i] = (sum[i] as number) + value;
          });
        });
        centroids.set(name, normalised(sum));
      });
      onProgress({ epoch: 1, epochs: 1, loss: 0, ms: 0 });
      return {
        version: `v${trained.length}`,
        task: task.task,
        classes: [...centroids.keys()],
        checkpoint: `memory:${trained.length}`,
        sha256: '0'.repeat(64),
        dimension,
        backend: 'centroids',
      };
    },
    close: async () => undefined,
  };
  const load = async ({ version, classes }: ModelVersion): Promise<Classifier> => {
    const rows = classes.map((name) => centroids.get(name) ?? new Float32Array(dimension));
    return {
      version,
      classes,
      dimension,
      backend: 'centroids',
      logits: async (vectors) => {
        const count = vectors.length / dimension;
        return Float32Array.from({ length: count * rows.length }, (_, i) => {
          const row = rowOf(vectors, Math.floor(i / rows.length), dimension);
          return 10 * dot(row, rows[i % rows.length] as Float32Array);
        });
      },
      dispose: () => undefined,
    };
  };
  return { trainer, load, trained };
}
