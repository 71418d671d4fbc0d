import type { PaperStrategy } from '../../domain/messages/prediction.js';
import { inverse } from './inverse.js';
import { nearest } from './nearest.js';
import { proportional } from './proportional.js';
import type { Strategy } from './strategy.js';
import { uniform } from './uniform.js';

/** The four output strategies of eCIL-MU by name: they look at the classes' centroids and counts, never at the model. */
export const STRATEGIES: Readonly<Record<PaperStrategy, Strategy>> = {
  uniform,
  proportional,
  inverse,
  nearest,
};
