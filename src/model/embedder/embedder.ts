import type { RgbImage } from '../../domain/image.js';

/** A frozen network that maps images to vectors. */
export interface Embedder {
  /** Name and identity, e.g. `efficientnet-lite0@224`. */
  readonly name: string;
  /** Components of a vector. */
  readonly dimension: number;
  /** Size that the network sees. Decoding shrinks larger images to it; smaller ones are enlarged by {@link embed}. */
  readonly inputSize: { readonly width: number; readonly height: number };
  /** False where there is no network: vectors come ready-made, and images are refused. */
  readonly takesImages?: boolean;
  /**
   * @param images n images, at most {@link inputSize} wide and high
   * @returns unit vectors, shape [n, dimension]
   */
  embed(images: readonly RgbImage[]): Promise<Float32Array>;
  close(): Promise<void>;
}
