import type { LearnerSettings } from '../../model/training/messages.js';
import type { LetheConfig } from './schema.js';

/** The learner that the config names, with its settings. */
export function learnerSettings(
  { learner, ssre, analytic }: LetheConfig['learning'],
  seed: number,
): LearnerSettings {
  return learner === 'ssre' ? { ssre: { ...ssre, seed } } : { analytic: { ...analytic, seed } };
}
