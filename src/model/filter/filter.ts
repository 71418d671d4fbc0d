/** Cosine similarities of an input to its nearest vectors, most similar first. */
export interface Similarities {
  /** To the nearest in DB-MU. */
  readonly unlearned: readonly number[];
  /** To the nearest of the learned classes in DB-CIL; empty for a filter that does not ask. */
  readonly remaining: readonly number[];
}

/** Tells inputs of unlearned classes from others by a score of their similarities and a level that is calibrated. */
export interface UnlearnedFilter {
  readonly name: 'threshold' | 'relative';
  /** Neighbours wanted from each database. */
  readonly k: number;
  /** Whether DB-CIL has to be asked too. */
  readonly usesRemaining: boolean;
  /** The level before any calibration. */
  readonly initialLevel: number;
  /** The higher, the likelier unlearned; -Infinity where DB-MU is empty. */
  score(similarities: Similarities): number;
}

/** The decision: unlearned iff the score reaches the level. */
export function isUnlearned(score: number, level: number): boolean {
  return score >= level;
}

/** Mean of the first k values, or of all where there are fewer. Callers make sure that there is one. */
export function meanOfNearest(values: readonly number[], k: number): number {
  const nearest = values.slice(0, k);
  return nearest.reduce((sum, value) => sum + value, 0) / nearest.length;
}
