import { dot } from '../../domain/vector.js';
import type { AnswerableClass } from './strategy.js';

/** d(z, mu_c) = 1 - cosine similarity, 0 to 2; rounding never makes it negative. */
export function distances(vector: Float32Array, classes: readonly AnswerableClass[]): number[] {
  return classes.map(({ centroid }) => Math.max(0, 1 - dot(vector, centroid)));
}
