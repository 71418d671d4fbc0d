import type { Detector } from './detector.js';

/** What the fitter's thread is told at its start. */
export interface FitterSettings {
  /** Components of the vectors. */
  readonly dimension: number;
  /** Held-out vectors of a class at most, and of all classes together. */
  readonly heldOut: { readonly perClass: number; readonly inAll: number };
  readonly seed: number;
}

/** Answered one after the other. */
export type FitRequest =
  /** Adds vectors of the class with this key, in a buffer that changes hands. */
  | { readonly kind: 'add'; readonly key: string; readonly vectors: Float32Array<ArrayBuffer> }
  /** Makes the detector of the classes with these keys, all that were added. */
  | { readonly kind: 'fit'; readonly keys: readonly string[] };

export type FitReply =
  | { readonly ok: true; readonly detector: Detector | null }
  | { readonly ok: false; readonly message: string };
