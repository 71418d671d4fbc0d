import { rowsByPlace, rowsOf } from '../calibration/byContent.js';
import type { ClassVectors } from '../trainer.js';

/** A class of fewer vectors needs them all to be learned. */
const FEWEST = 400;
/** Share of a larger class's vectors that no training sees. */
const SHARE = 1 / 16;
/** Parts of a cross-validation. */
const PARTS = 4;

/** Vectors to train with, and others to measure on. */
export interface Split {
  readonly kept: ClassVectors;
  readonly heldOut: ClassVectors;
}

/**
 * Holds out a sixteenth of each large class. A vector's content decides, so that one that is held out of its task is held out
 * of every rehearsal and rebuild, too.
 */
export function withoutHeldOut(all: ClassVectors, dimension: number): Split {
  return split(all, dimension, (place, _, count) => count >= FEWEST && place < SHARE);
}

/** The splits of a cross-validation: every vector of a class of two or more is held out of one of them. */
export function partsOf(all: ClassVectors, dimension: number): Split[] {
  return Array.from({ length: PARTS }, (_, part) =>
    split(all, dimension, (__, rank, count) => count > 1 && rank % PARTS === part),
  );
}

/** @param isHeldOut told a vector's place, its rank by place in its class, and how many the class has */
function split(
  all: ClassVectors,
  dimension: number,
  isHeldOut: (place: number, rank: number, count: number) => boolean,
): Split {
  const out = new Set(
    rowsByPlace(all, dimension).flatMap((rows) =>
      rows.filter(({ place }, rank) => isHeldOut(place, rank, rows.length)).map(({ row }) => row),
    ),
  );
  const rows = [...all.labels.keys()];
  const part = (some: readonly number[]): ClassVectors => rowsOf(all, some, dimension);
  return {
    kept: part(rows.filter((row) => !out.has(row))),
    heldOut: part(rows.filter((row) => out.has(row))),
  };
}
