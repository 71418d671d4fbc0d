import type { DoubleProducts } from '../../blas/doubleProducts.js';
import { choleskyOf, solved } from './cholesky.js';
import type { AnalyticConfig } from './config.js';
import { UNIT } from './fixedPoint.js';
import { CLASS_WEIGHT, type Statistics, vectorWeight } from './statistics.js';

/** What the statistics are multiplied by, so that a vector of a class of the mean size counts 1. */
function balancing(
  { counts }: Pick<Statistics, 'counts'>,
  { balance }: Pick<AnalyticConfig, 'balance'>,
): number {
  if (!balance) return 1;
  return counts.reduce((sum, count) => sum + count, 0) / counts.length / CLASS_WEIGHT;
}

/** C_c = sum of the w phi of class c. */
function targetsOf(
  { sums, counts, width }: Statistics,
  config: Pick<AnalyticConfig, 'balance'>,
): Float64Array {
  const scales = counts.map((count) => Math.sqrt(vectorWeight(count, config)));
  return sums.map((value, at) => ((scales[Math.floor(at / width)] as number) * value) / UNIT);
}

/**
 * The weights of weighted ridge regression on 0/1 targets, W = (G + lambda I)^-1 [C_1 .. C_K] (docs/decisions/0014-analytic-learner.md), one row for each
 * class. G and lambda are both divided by what makes the mean weight 1: the weights W are the same.
 * Always solved anew: an inverse that is brought up to date drifts.
 * @returns the weights, shape [classes, width], and the factor L of G + lambda I = L L^T, shape [width, width]
 * @throws LetheError `training-failed` where lambda is too small for the numbers
 */
export async function ridgeHead(
  statistics: Statistics,
  config: Pick<AnalyticConfig, 'lambda' | 'balance'>,
  products: DoubleProducts,
): Promise<{ readonly weights: Float64Array; readonly factor: Float64Array }> {
  const { gram, sums, width } = statistics;
  if (sums.length === 0) return { weights: new Float64Array(0), factor: new Float64Array(0) };
  const penalty = config.lambda / balancing(statistics, config);
  const regularised = new Float64Array(width * width);
  let at = 0;
  for (let i = 0; i < width; i++) {
    for (let j = i; j < width; j++) regularised[j * width + i] = (gram[at++] as number) / UNIT ** 2;
    regularised[i * width + i] = (regularised[i * width + i] as number) + penalty;
  }
  const factor = await choleskyOf(regularised, width, products);
  const weights = solved(factor, targetsOf(statistics, config), width);
  return { weights, factor };
}

/**
 * Mean squared error of the head on the vectors it was made from, by the normal equations: for class c it is
 * n_c - w_c C_c - lambda |w_c|^2 in all, with n_c the weight of its vectors.
 */
export function meanSquaredError(
  statistics: Statistics,
  weights: Float64Array,
  config: Pick<AnalyticConfig, 'lambda' | 'balance'>,
): number {
  const { counts, width } = statistics;
  const targets = targetsOf(statistics, config);
  const penalty = config.lambda / balancing(statistics, config);
  const masses = counts.map((count) => count * vectorWeight(count, config));
  let squares = 0;
  masses.forEach((mass, place) => {
    squares += mass;
    for (let i = place * width; i < (place + 1) * width; i++) {
      const weight = weights[i] as number;
      squares -= weight * (targets[i] as number) + penalty * weight * weight;
    }
  });
  const all = masses.reduce((sum, mass) => sum + mass, 0);
  return all === 0 ? 0 : squares / all;
}
