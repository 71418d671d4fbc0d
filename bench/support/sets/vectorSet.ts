import { normalised } from '../../../src/domain/vector.js';
import type { Labelled } from '../lethe.js';

/** Inputs to learn and, apart from them, to ask about. */
export interface VectorSet {
  readonly classNames: readonly string[];
  readonly train: readonly Labelled[];
  readonly test: readonly Labelled[];
}

/** A vector of length 1, with its class. */
export function asInput(label: string, values: ArrayLike<number>): Labelled {
  return { label, payload: { kind: 'vector', vector: normalised(Float32Array.from(values)) } };
}
