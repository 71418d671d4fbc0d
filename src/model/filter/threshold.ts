import type { UnlearnedFilter } from './filter.js';

/** The threshold that the paper uses for ResNet-50 embeddings. */
export const PAPER_THRESHOLD = 0.77;

/**
 * Eq. 5 of eCIL-MU: an input is unlearned iff its similarity to the nearest vector of DB-MU is at least the threshold.
 * @param threshold cosine similarity; fits one embedding, so it is the starting level only unless calibration is off
 */
export function thresholdFilter(threshold: number = PAPER_THRESHOLD): UnlearnedFilter {
  return {
    name: 'threshold',
    k: 1,
    usesRemaining: false,
    initialLevel: threshold,
    score: ({ unlearned }) => unlearned[0] ?? Number.NEGATIVE_INFINITY,
  };
}
