import { createHash } from 'node:crypto';
import { rowOf } from '../../domain/vector.js';
import type { ClassVectors } from '../trainer.js';

/**
 * Where a vector stands among all others: as good as uniform in [0, 1), and always the same for the same numbers. What is
 * chosen by it does not depend on the order, company or number of vectors, nor on a seed.
 */
export function placeOf(vector: Float32Array): number {
  const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  return createHash('sha256').update(bytes).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** The vectors of lowest {@link placeOf} out of a stream, in bounded memory. */
export class LowestPlaces {
  #kept: { readonly place: number; readonly vector: Float32Array }[] = [];

  /** @param size vectors kept at most */
  constructor(private readonly size: number) {}

  /** @param vector copied where it is kept */
  offer(vector: Float32Array): void {
    const place = placeOf(vector);
    if (this.#kept.length >= this.size && place >= (this.#kept.at(-1)?.place ?? 0)) return;
    this.#kept.push({ place, vector: vector.slice() });
    this.#kept.sort((a, b) => a.place - b.place);
    this.#kept.length = Math.min(this.#kept.length, this.size);
  }

  /** What is kept, lowest first. */
  get vectors(): readonly Float32Array[] {
    return this.#kept.map(({ vector }) => vector);
  }
}

/** The rows of each class in the order of their {@link placeOf}, by class. */
export function rowsByPlace(
  { classes, vectors, labels }: ClassVectors,
  dimension: number,
): { readonly row: number; readonly place: number }[][] {
  const rows = classes.map((): { row: number; place: number }[] => []);
  labels.forEach((label, row) => {
    rows[label]?.push({ row, place: placeOf(rowOf(vectors, row, dimension)) });
  });
  return rows.map((own) => own.sort((a, b) => a.place - b.place));
}

/** Some rows of these vectors; the classes stay the same. */
export function rowsOf(
  { classes, vectors, labels }: ClassVectors,
  rows: readonly number[],
  dimension: number,
): ClassVectors {
  const chosen = new Float32Array(rows.length * dimension);
  rows.forEach((row, at) => {
    chosen.set(rowOf(vectors, row, dimension), at * dimension);
  });
  return { classes, vectors: chosen, labels: Int32Array.from(rows, (row) => labels[row] as number) };
}

/** Vectors of other classes behind those of the first. */
export function joined(first: ClassVectors, second: ClassVectors): ClassVectors {
  const vectors = new Float32Array(first.vectors.length + second.vectors.length);
  vectors.set(first.vectors);
  vectors.set(second.vectors, first.vectors.length);
  const offset = first.classes.length;
  return {
    classes: [...first.classes, ...second.classes],
    vectors,
    labels: Int32Array.from([...first.labels, ...second.labels.map((label) => label + offset)]),
  };
}
