import type { SerialisedError } from '../../domain/errors.js';
import type { PackedInputs } from './packedInputs.js';

/** What an embedder's worker is asked; pixels are transferred, not copied. */
export interface EmbedRequest {
  readonly id: number;
  readonly inputs: PackedInputs;
}

/** What the worker says: once that it is ready or why not, then one answer for each request. */
export type WorkerReply =
  | { readonly kind: 'ready'; readonly dimension: number }
  | { readonly kind: 'invalid'; readonly error: SerialisedError }
  | { readonly kind: 'embedded'; readonly id: number; readonly vectors: Float32Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly id: number; readonly error: SerialisedError };
