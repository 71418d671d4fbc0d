import { type SsreConfig, ssreConfigSchema } from '../../../../src/model/ssre/config.js';
import type { SsreState } from '../../../../src/model/ssre/network.js';
import { normals, type Random, randomOf } from '../../../../src/model/ssre/random.js';
import type { TrainingTask } from '../../../../src/model/trainer.js';

/** Components of the vectors of {@link clusters}. */
export const DIMENSION = 12;

/** Settings of a network small enough for plain JavaScript. */
export function smallConfig(over: Partial<SsreConfig> = {}): SsreConfig {
  const schedule = { epochs: 6, batchSize: 32, learningRate: 5e-3, decayEvery: 4, weightDecay: 5e-4 };
  return ssreConfigSchema.parse({
    width: 16,
    blocks: 1,
    rank: 3,
    calibrate: false,
    initial: schedule,
    incremental: schedule,
    ...over,
  });
}

/** A task with a cluster of `each` unit vectors around the axis of each class; the axis is the class's name. */
export function clusters(
  axes: readonly number[],
  each: number,
  unlearned: readonly string[] = [],
): TrainingTask {
  const noise = normals(axes.length * each * DIMENSION, 0.15, randomOf(5, ...axes));
  const labels = Int32Array.from({ length: axes.length * each }, (_, row) => row % axes.length);
  const vectors = new Float32Array(noise.length);
  labels.forEach((label, row) => {
    const vector = noise.subarray(row * DIMENSION, (row + 1) * DIMENSION);
    vector[axes[label] as number] = 1;
    const length = Math.hypot(...vector);
    vectors.set(
      vector.map((value) => value / length),
      row * DIMENSION,
    );
  });
  return { task: axes.join('+'), classes: axes.map(String), vectors, labels, unlearned };
}

/** Every array of a state, so that states can be compared. */
export function numbersOf({ trunk, head, prototypes }: SsreState): Float32Array[] {
  const layers = [trunk.stem, ...trunk.blocks.flatMap(({ first, second }) => [first, second])];
  return [
    ...layers.flatMap(({ weights, bias }) => [weights, bias]),
    head.rows,
    head.bias,
    ...prototypes.flatMap(({ mean, spread }) => [mean, spread]),
  ];
}

/** The largest difference between numbers in the same place. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] ?? 0) - (b[i] ?? 0)));
  return largest;
}

/** Random orthonormal axes, by Gram and Schmidt, row by row; shape [dimension, dimension]. */
export function rotationOf(dimension: number, random: Random): Float64Array {
  const axes = Float64Array.from(normals(dimension * dimension, 1, random));
  for (let i = 0; i < dimension; i++) {
    const own = axes.subarray(i * dimension, (i + 1) * dimension);
    for (let j = 0; j < i; j++) {
      const other = axes.subarray(j * dimension, (j + 1) * dimension);
      const along = own.reduce((sum, value, k) => sum + value * (other[k] ?? 0), 0);
      own.forEach((value, k) => {
        own[k] = value - along * (other[k] ?? 0);
      });
    }
    const length = Math.hypot(...own);
    own.forEach((value, k) => {
      own[k] = value / length;
    });
  }
  return axes;
}

/** Vectors, shape [n, dimension], in the axes given. */
export function rotated(vectors: Float32Array, axes: Float64Array): Float32Array {
  const dimension = Math.sqrt(axes.length);
  return vectors.map((_, at) => {
    const row = at - (at % dimension);
    const axis = (at % dimension) * dimension;
    let sum = 0;
    for (let k = 0; k < dimension; k++) sum += (vectors[row + k] ?? 0) * (axes[axis + k] ?? 0);
    return sum;
  });
}
