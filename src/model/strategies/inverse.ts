import { distances } from './distance.js';
import type { Strategy } from './strategy.js';

/** Eq. 8: P(c) proportional to 1 / d(z, mu_c). At d = 0 the limit: all mass on the centroids that z coincides with. */
export const inverse: Strategy = (vector, remaining) => {
  const d = distances(vector, remaining);
  const coincident = d.filter((distance) => distance === 0).length;
  if (coincident > 0) return d.map((distance) => (distance === 0 ? 1 / coincident : 0));
  const total = d.reduce((sum, distance) => sum + 1 / distance, 0);
  return d.map((distance) => 1 / distance / total);
};
