import { distances } from './distance.js';
import type { Strategy } from './strategy.js';

/** Eq. 9: the class whose centroid is nearest, argmin_c d(z, mu_c); the first of equals. */
export const nearest: Strategy = (vector, remaining) => {
  const d = distances(vector, remaining);
  const best = d.indexOf(Math.min(...d));
  return d.map((_, index) => (index === best ? 1 : 0));
};
