import { type Calibration, calibrate } from '../calibrate.js';
import type { ClassRows } from './discriminant.js';

/** Held-out vectors that a detector's level is found with. */
export interface HeldOutScores {
  /** Ids of the vectors; n entries. */
  readonly ids: readonly string[];
  /** Place of each vector's class; n entries. */
  readonly places: Int32Array;
  /** Scores of each vector for all classes, as if it had been left out: shape [n, classes]. */
  readonly scores: Float32Array;
}

/**
 * Tells inputs of unlearned classes from others by scores that are linear in the vector, one for each class, whichever side
 * it is on: a class that changes sides changes nothing here (docs/decisions/0031).
 */
export interface Detector extends ClassRows {
  readonly dimension: number;
  /** What each row was made from: `classKey` of the class. */
  readonly keys: readonly string[];
  readonly heldOut: HeldOutScores;
}

/** The places of classes on both sides; a class on neither takes no part. */
export interface Sides {
  readonly unlearned: readonly number[];
  readonly remaining: readonly number[];
}

/**
 * How much better the best unlearned class explains an input than the best remaining one.
 * @param scores of all classes, from `offset` on
 * @returns -Infinity where no class is unlearned, else Infinity where none remains
 */
export function advantage(scores: Float32Array, offset: number, { unlearned, remaining }: Sides): number {
  if (unlearned.length === 0) return Number.NEGATIVE_INFINITY;
  return highest(scores, offset, unlearned) - highest(scores, offset, remaining);
}

/**
 * The level for these sides, from the held-out scores alone.
 * @returns null where there is none of one side
 */
export function levelFor(
  { keys, heldOut: { places, scores } }: Detector,
  sides: Sides,
  specificity: number,
): Calibration | null {
  const of = (side: readonly number[]): number[] => {
    const wanted = new Set(side);
    return [...places.keys()]
      .filter((row) => wanted.has(places[row] as number))
      .map((row) => advantage(scores, row * keys.length, sides))
      .filter(Number.isFinite);
  };
  const [remaining, unlearned] = [of(sides.remaining), of(sides.unlearned)];
  if (remaining.length === 0 || unlearned.length === 0) return null;
  return calibrate(remaining, unlearned, specificity);
}

function highest(scores: Float32Array, offset: number, places: readonly number[]): number {
  let best = Number.NEGATIVE_INFINITY;
  for (const place of places) best = Math.max(best, scores[offset + place] as number);
  return best;
}
