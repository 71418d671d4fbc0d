import { isUnlearned } from './filter.js';

/** A filter's level and how it does on the vectors that it was calibrated with. */
export interface Calibration {
  readonly level: number;
  /** TN / (TN + FP) on held-out vectors of remaining classes. */
  readonly specificity: number;
  /** TP / (TP + FN) on held-out vectors of unlearned classes. */
  readonly recall: number;
}

/**
 * The level with the highest sum of specificity and recall (Youden's J) among those that keep the wanted specificity;
 * of equals the one with the higher specificity. Where the classes are apart it lies in the gap between them.
 * @param remaining scores of held-out vectors of remaining classes, at least one
 * @param unlearned scores of held-out vectors of unlearned classes, at least one
 * @param wanted least share of remaining ones that shall pass, 0 to 1
 */
export function calibrate(
  remaining: readonly number[],
  unlearned: readonly number[],
  wanted: number,
): Calibration {
  const passing = countBelow(remaining);
  const missed = countBelow(unlearned);
  const candidates = levelsBetween([...remaining, ...unlearned]).map(
    (level): Calibration => ({
      level,
      specificity: passing(level) / remaining.length,
      recall: 1 - missed(level) / unlearned.length,
    }),
  );
  return candidates
    .filter(({ specificity }) => specificity >= wanted)
    .reduce((best, candidate) => (isBetter(candidate, best) ? candidate : best));
}

/** Of equals the later one is better: its level is higher, and stops fewer of the remaining. */
function isBetter(later: Calibration, best: Calibration): boolean {
  return later.specificity + later.recall >= best.specificity + best.recall;
}

/** How many scores a level does not stop, for levels that are asked for in ascending order: one pass over all. */
function countBelow(scores: readonly number[]): (level: number) => number {
  const ascending = [...scores].sort((a, b) => a - b);
  let count = 0;
  return (level) => {
    while (count < ascending.length && !isUnlearned(ascending[count] as number, level)) count++;
    return count;
  };
}

/** Levels half-way between neighbouring scores, so that they rest on none, and one above all of them; ascending. */
function levelsBetween(scores: readonly number[]): number[] {
  const distinct = [...new Set(scores)].sort((a, b) => a - b);
  return distinct.map((score, index) => {
    const next = distinct[index + 1];
    return next === undefined ? score + 1e-6 : (score + next) / 2;
  });
}
