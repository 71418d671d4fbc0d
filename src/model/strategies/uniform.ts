import type { Strategy } from './strategy.js';

/** Eq. 6: P(c) = 1 / C. */
export const uniform: Strategy = (_, remaining) => remaining.map(() => 1 / remaining.length);
