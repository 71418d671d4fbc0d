import type { ModelVersion } from '../../src/domain/messages/model.js';
import { dot, normalised, rowOf } from '../../src/domain/vector.js';
import type { Classifier } from '../../src/model/classifier.js';
import type { Rebuilder, Trainer, TrainingTask } from '../../src/model/trainer.js';

/** A nearest-mean classifier behind the ports of training and inference: real answers, no epochs to wait for. */
export interface CentroidTraining {
  readonly trainer: Trainer & Rebuilder;
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
  let centroids: Centroids = new Map();
  const made = new Map<string, Centroids>();
  const trained: TrainingTask[] = [];
  const described = (task: TrainingTask, after: Centroids): ModelVersion => {
    const version = `v${made.size + 1}`;
    made.set(version, after);
    return {
      version,
      task: task.task,
      classes: [...after.keys()],
      checkpoint: `memory:${version}`,
      sha256: '0'.repeat(64),
      dimension,
      backend: 'centroids',
    };
  };
  const trainer: Trainer & Rebuilder = {
    backend: 'centroids',
    async train(task, onProgress) {
      trained.push(task);
      await work(task);
      onProgress({ epoch: 1, epochs: 1, loss: 0, ms: 0 });
      centroids = new Map([...centroids, ...centroidsOf(task, dimension)]);
      return described(task, centroids);
    },
    async rebuild(task, onProgress) {
      trained.push(task);
      await work(task);
      onProgress({ epoch: 1, epochs: 1, loss: 0, ms: 0 });
      return described(task, centroidsOf(task, dimension));
    },
    adopt: ({ version }) => {
      centroids = made.get(version) ?? centroids;
    },
    close: async () => undefined,
  };
  const load = async ({ version, classes }: ModelVersion): Promise<Classifier> => {
    const known = made.get(version) ?? centroids;
    const rows = classes.map((name) => known.get(name) ?? new Float32Array(dimension));
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

type Centroids = ReadonlyMap<string, Float32Array>;

function centroidsOf({ classes, labels, vectors }: TrainingTask, dimension: number): Centroids {
  return new Map(
    classes.map((name, index) => {
      const sum = new Float32Array(dimension);
      labels.forEach((label, row) => {
        if (label !== index) return;
        rowOf(vectors, row, dimension).forEach((value, i) => {
          sum[i] = (sum[i] as number) + value;
        });
      });
      return [name, normalised(sum)];
    }),
  );
}
