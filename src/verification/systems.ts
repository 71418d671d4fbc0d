import { normalised, rowOf, stacked } from '../domain/vector.js';
import type { Classifier } from '../model/classifier.js';

/** Vectors of one kind, each a unit vector. */
export type Vectors = readonly Float32Array[];

/** What an attacker, or an auditor, may ask a model for. */
export interface ModelView {
  readonly classes: readonly string[];
  /** Logits of all classes the model knows, the mask taken off; a row for each vector. */
  logits(vectors: Vectors): Promise<Vectors>;
  /** What its last layer sees, each of length 1. */
  features(vectors: Vectors): Promise<Vectors>;
}

/** A classifier as it is looked at. */
export function viewOf(classifier: Classifier): ModelView {
  const { classes, dimension } = classifier;
  const rowsOf = (numbers: Float32Array, count: number): Float32Array[] =>
    Array.from({ length: count }, (_, row) => rowOf(numbers, row, numbers.length / count).slice());
  return {
    classes,
    logits: async (vectors) =>
      vectors.length === 0
        ? []
        : rowsOf(await classifier.logits(stacked(vectors, dimension)), vectors.length),
    features: async (vectors) => {
      const all = await classifier.features?.(stacked(vectors, dimension));
      return all && vectors.length > 0 ? rowsOf(all, vectors.length).map(normalised) : [];
    },
  };
}

/** Softmax over some of the columns; the others have probability 0. */
export function probabilities(logits: Float32Array, columns: readonly number[]): Float64Array {
  const result = new Float64Array(logits.length);
  const largest = Math.max(...columns.map((column) => logits[column] as number));
  let sum = 0;
  for (const column of columns) {
    const value = Math.exp((logits[column] as number) - largest);
    result[column] = value;
    sum += value;
  }
  return result.map((value) => value / sum);
}
