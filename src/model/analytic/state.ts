import type { Statistics } from './statistics.js';

/** All that the analytic learner knows after a step. Nothing in it is changed: every step makes a new one. */
export interface AnalyticState {
  /** Components of an input vector. */
  readonly dimension: number;
  /** Steps so far: tasks learned, and classes taken out or put back. */
  readonly tasks: number;
  /** Classes in the order of the rows. */
  readonly classes: readonly string[];
  readonly statistics: Statistics;
  /** W, a row a class, shape [classes, width]; made from the statistics. */
  readonly weights: Float64Array;
  /** What softmax divides the scores by beside the learner's temperature: docs/decisions/0034-calibrated-probabilities.md. */
  readonly temperatureFactor: number;
}
