import { isUnlearned } from './filter.js';

/** A filter's level and how it does on the vectors that it was calibrated with. */
export interface Calibration {
  readonly level: number;
  /** TN / (TN + FP) on held-out vectors of remaining classes. */
  readonly specificity: number;
  /** TP / (TP + FN) on held-out vectors of unlearned classes; null without any. */
  readonly recall: number | null;
}

/**
 * The lowest level that keeps the wanted specificity, hence the highest recall at that specificity.
 * It lies half-way between two neighbouring scores, so that it rests on neither.
 * @param remaining scores of held-out vectors of remaining classes, at least one
 * @param unlearned scores of held-out vectors of unlearned classes
 * @param specificity the share of remaining ones that shall pass, 0 to 1
 */
export function calibrate(
  remaining: readonly number[],
  unlearned: readonly number[],
  specificity: number,
): Calibration {
  const scores = [...remaining].sort((a, b) => a - b);
  const passing = Math.max(1, Math.ceil(specificity * scores.length));
  const highestPassing = scores[passing - 1] as number;
  // Ties above would be stopped together with the next one, so the level goes before the next higher score.
  const next = scores.slice(passing).find((score) => score > highestPassing);
  const level = next === undefined ? highestPassing + Number.EPSILON * 4 : (highestPassing + next) / 2;
  const stopped = (values: readonly number[]): number => values.filter((score) => isUnlearned(score, level)).length;
  return {
    level,
    specificity: 1 - stopped(remaining) / remaining.length,
    recall: unlearned.length === 0 ? null : stopped(unlearned) / unlearned.length,
  };
}
