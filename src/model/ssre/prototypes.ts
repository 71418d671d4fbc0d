import type { Prototype } from './network.js';
import type { Random } from './random.js';

/** Rows of a spread: how many directions stand for a class's covariance. */
export const DIRECTIONS = 64;

/**
 * The prototype of each class: the mean of its features over the task's vectors, and their spread.
 * @param features shape [n, width]
 * @param labels n class numbers, from 0 to `classes` - 1, each of which occurs
 */
export function prototypesOf(
  features: Float32Array,
  labels: Int32Array,
  classes: number,
  width: number,
  random: Random,
): Prototype[] {
  return Array.from({ length: classes }, (_, number) => {
    const rows: Float32Array[] = [];
    labels.forEach((label, index) => {
      if (label === number) rows.push(features.subarray(index * width, (index + 1) * width));
    });
    const mean = meanOf(rows, width);
    return { mean, spread: spreadOf(rows, mean, random) };
  });
}

/** Mean of rows of `width` numbers; zeros where there is none. */
export function meanOf(rows: readonly Float32Array[], width: number): Float32Array {
  const sums = new Float64Array(width);
  for (const row of rows) {
    for (let i = 0; i < width; i++) sums[i] = (sums[i] as number) + (row[i] as number);
  }
  return Float32Array.from(sums, (sum) => sum / Math.max(rows.length, 1));
}

/**
 * A sketch S of the covariance: S = R (F - mean) / sqrt(n m) with R of N(0, 1), so that E[S^T S] is the covariance and
 * S^T e for e of N(0, I) spreads as the features do. It takes 64 rows where the covariance takes as many as its width.
 * @returns shape [64, width]
 */
function spreadOf(rows: readonly Float32Array[], mean: Float32Array, random: Random): Float32Array {
  const width = mean.length;
  const spread = new Float32Array(DIRECTIONS * width);
  const scale = 1 / Math.sqrt(rows.length * DIRECTIONS);
  for (const row of rows) {
    const centred = row.map((value, i) => value - (mean[i] as number));
    for (let direction = 0; direction < DIRECTIONS; direction++) {
      const factor = scale * random.normal();
      const at = direction * width;
      for (let i = 0; i < width; i++) {
        spread[at + i] = (spread[at + i] as number) + factor * (centred[i] as number);
      }
    }
  }
  return spread;
}
