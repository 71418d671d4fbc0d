/** A trained classifier over embeddings, ready for inference. */
export interface Classifier {
  /** The model version it was loaded from. */
  readonly version: string;
  /** Classes in the order of the logits; includes unlearned ones, since unlearning touches no weight. */
  readonly classes: readonly string[];
  readonly dimension: number;
  /** tfjs backend that computes it. */
  readonly backend: string;
  /**
   * Logits already divided by the temperature: softmax over any subset of the columns gives its probabilities.
   * @param vectors unit vectors, shape [n, dimension]
   * @returns shape [n, classes.length]
   */
  logits(vectors: Float32Array): Promise<Float32Array>;
  dispose(): void;
}
