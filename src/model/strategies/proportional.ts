import type { Strategy } from './strategy.js';

/** Eq. 7: P(c) = n_c / sum of n, with n_c the number of training samples of class c. */
export const proportional: Strategy = (_, remaining) => {
  const total = remaining.reduce((sum, { count }) => sum + count, 0);
  return remaining.map(({ count }) => count / total);
};
