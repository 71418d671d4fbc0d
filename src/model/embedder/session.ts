import type { PackedInputs } from './packedInputs.js';

/** A loaded network. Its runs block the thread that asks for them, so it lives in a worker. */
export interface EmbedderSession {
  /** Components of a vector. */
  readonly dimension: number;
  /**
   * @param inputs n images, fitted to the network's input size here, or n texts
   * @returns unit vectors, shape [n, dimension]
   * @throws LetheError `embedder-invalid` where one gets no finite vector other than zero
   */
  run(inputs: PackedInputs): Promise<Float32Array<ArrayBuffer>>;
  release(): Promise<void>;
}
