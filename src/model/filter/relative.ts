import { meanOfNearest, type UnlearnedFilter } from './filter.js';

/**
 * Compares the input with both databases (docs/decisions/0009-levels-of-filter-and-vote.md). The input is unlearned if and
 * only if a - b reaches the margin, where a is its mean similarity to the k nearest vectors of DB-MU, and b to the k nearest
 * vectors of the learned classes in DB-CIL. The filter adapts to the embedding and to each class. Margin 0 asks which
 * database is nearer.
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
