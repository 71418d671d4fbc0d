import { meanOfNearest, type UnlearnedFilter } from './filter.js';

/**
 * Compares the input with both databases (PAPER.md section 4): unlearned iff a - b reaches the margin, where a is the
 * mean similarity to its k nearest vectors of DB-MU and b to its k nearest of the learned classes in DB-CIL.
 * It adapts to the embedding and to each class; margin 0 asks which database is nearer.
 */
export function relativeFilter(k = 10): UnlearnedFilter {
  return {
    name: 'relative',
    k,
    usesRemaining: true,
    initialLevel: 0,
    score: ({ unlearned, remaining }) => {
      if (unlearned.length === 0) return Number.NEGATIVE_INFINITY;
      if (remaining.length === 0) return Number.POSITIVE_INFINITY;
      return meanOfNearest(unlearned, k) - meanOfNearest(remaining, k);
    },
  };
}
