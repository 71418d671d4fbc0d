import type { FailedReply } from '../../embedder/answeringThread.js';
import type { Detector } from './detector.js';

/** What the fitter's thread is told at its start. */
export interface FitterSettings {
  /** Components of the vectors. */
  readonly dimension: number;
  /** Held-out vectors of a class at most, and of all classes together. */
  readonly heldOut: { readonly perClass: number; readonly inAll: number };
  readonly seed: number;
}

/** Vectors of one class, in a buffer that changes hands. */
export interface Portion {
  readonly ids: readonly string[];
  /** Unit vectors, shape [ids.length, dimension]. */
  readonly vectors: Float32Array<ArrayBuffer>;
}

/** Answered one after the other. */
export type FitRequest =
  /** Adds vectors of the class with this key. */
  | ({ readonly kind: 'add'; readonly key: string } & Portion)
  /** Makes the detector of the classes with these keys, all that were added. */
  | { readonly kind: 'fit'; readonly keys: readonly string[] };

export interface FitAnswer {
  readonly ok: true;
  readonly detector: Detector | null;
}
export type FitReply = FitAnswer | FailedReply;
