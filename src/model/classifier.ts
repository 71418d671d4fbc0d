/** A trained classifier over embeddings (or images, see `sees`), ready for inference. */
export interface Classifier {
  /** The model version it was loaded from. */
  readonly version: string;
  /** Classes in the order of the logits; includes unlearned ones, since unlearning touches no weight. */
  readonly classes: readonly string[];
  readonly dimension: number;
  /** What its `vectors` are where they are no embeddings: the numbers of images from 0 to 255, plane by plane. */
  readonly sees?: 'images';
  /** tfjs backend that computes it. */
  readonly backend: string;
  /**
   * Logits already divided by the temperature: softmax over any subset of the columns gives its probabilities.
   * @param vectors unit vectors, shape [n, dimension]
   * @returns shape [n, classes.length]
   */
  logits(vectors: Float32Array): Promise<Float32Array>;
  /**
   * What the last layer sees: what a probe of the features is given.
   * @returns shape [n, width]
   */
  features?(vectors: Float32Array): Promise<Float32Array>;
  dispose(): void;
}
