/** A loaded network. Its runs block the thread that asks for them, so it lives in a worker. */
export interface EmbedderSession {
  /** Components of a vector. */
  readonly dimension: number;
  /**
   * @param pixels packed RGB images of the network's input size, shape [n, height, width, 3]
   * @returns unit vectors, shape [n, dimension]
   * @throws LetheError `embedder-invalid` where an image gets no finite vector other than zero
   */
  run(pixels: Uint8Array): Promise<Float32Array<ArrayBuffer>>;
  release(): Promise<void>;
}
