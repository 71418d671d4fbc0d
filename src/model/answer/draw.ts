import { createHash } from 'node:crypto';

/**
 * A number in [0, 1) that belongs to a query: it depends on the seed and the query's id alone, so that an answer
 * changes neither with the order of queries nor with the worker that gives it.
 */
export function uniformFor(seed: number, queryId: string): number {
  const digest = createHash('sha256').update(`${seed}\n${queryId}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/**
 * Draws from a distribution by inverting its cumulative sum.
 * @param probabilities non-negative, summing to 1
 * @param u uniform in [0, 1)
 * @returns an index of positive probability
 */
export function drawFrom(probabilities: readonly number[], u: number): number {
  let cumulative = 0;
  let last = 0;
  for (const [index, probability] of probabilities.entries()) {
    if (probability <= 0) continue;
    cumulative += probability;
    last = index;
    if (u < cumulative) return index;
  }
  // Rounding can leave the sum a hair below u.
  return last;
}
