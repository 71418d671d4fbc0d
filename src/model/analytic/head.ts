import type { DoubleProducts } from '../../blas/doubleProducts.js';
import { choleskyOf, solved } from './cholesky.js';
import { UNIT } from './fixedPoint.js';
import type { Statistics } from './statistics.js';

/**
 * The weights of ridge regression on 0/1 targets, W = (G + lambda I)^-1 [C_1 .. C_K] (docs/decisions/0014-analytic-learner.md), one row for each class.
 * Always solved anew: an inverse that is brought up to date drifts.
 * @returns the weights, shape [classes, width], and the factor L of G + lambda I = L L^T, shape [width, width]
 * @throws LetheError `training-failed` where lambda is too small for the numbers
 */
export async function ridgeHead(
  { gram, sums, width }: Statistics,
  lambda: number,
  products: DoubleProducts,
): Promise<{ readonly weights: Float64Array; readonly factor: Float64Array }> {
  if (sums.length === 0) return { weights: new Float64Array(0), factor: new Float64Array(0) };
  const regularised = new Float64Array(width * width);
  let at = 0;
  for (let i = 0; i < width; i++) {
    for (let j = i; j < width; j++) regularised[j * width + i] = (gram[at++] as number) / UNIT ** 2;
    regularised[i * width + i] = (regularised[i * width + i] as number) + lambda;
  }
  const factor = await choleskyOf(regularised, width, products);
  const weights = solved(
    factor,
    sums.map((value) => value / UNIT),
    width,
  );
  return { weights, factor };
}

/**
 * Mean squared error of the head on the vectors it was made from, by the normal equations: for class c it is
 * n_c - w_c C_c - lambda |w_c|^2 in all.
 */
export function meanSquaredError(
  { sums, counts, width }: Statistics,
  weights: Float64Array,
  lambda: number,
): number {
  let squares = 0;
  counts.forEach((count, place) => {
    squares += count;
    for (let i = place * width; i < (place + 1) * width; i++) {
      const weight = weights[i] as number;
      squares -= (weight * (sums[i] as number)) / UNIT + lambda * weight * weight;
    }
  });
  const vectors = counts.reduce((sum, count) => sum + count, 0);
  return vectors === 0 ? 0 : squares / vectors;
}
