import type { RgbImage } from '../../domain/image.js';
import type { Takes } from '../../domain/takes.js';

/** What an embedder is given: images or texts, all of the kind that it takes. */
export type EmbedderInput = RgbImage | string;

/** A frozen network that maps images or texts to vectors. */
export interface Embedder {
  /** Its name, e.g. `efficientnet-lite0@224`. */
  readonly name: string;
  /**
   * Of all that its vectors depend on: weights and preprocessing. Two embedders of one fingerprint give the same vectors.
   * Undefined where there is no network.
   */
  readonly fingerprint?: string;
  /** Components of a vector. */
  readonly dimension: number;
  /**
   * Size that the network sees, where it takes images. Decoding shrinks larger images to it; smaller ones are enlarged by
   * {@link embed}.
   */
  readonly inputSize: { readonly width: number; readonly height: number };
  /** The default is images. */
  readonly takes?: Takes;
  /**
   * @param inputs n images, at most {@link inputSize} wide and high; or n texts
   * @returns unit vectors, shape [n, dimension]
   */
  embed(inputs: readonly EmbedderInput[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Where no image ever comes. */
export const NO_IMAGES: Embedder['inputSize'] = { width: 1, height: 1 };
