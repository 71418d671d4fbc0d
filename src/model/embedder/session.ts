import type { PackedImages } from './preprocessing.js';

/** A loaded network. Its runs block the thread that asks for them, so it lives in a worker. */
export interface EmbedderSession {
  /** Components of a vector. */
  readonly dimension: number;
  /**
   * @param images n images, fitted to the network's input size here
   * @returns unit vectors, shape [n, dimension]
   * @throws LetheError `embedder-invalid` where an image gets no finite vector other than zero
   */
  run(images: PackedImages): Promise<Float32Array<ArrayBuffer>>;
  release(): Promise<void>;
}
