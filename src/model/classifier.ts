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
  /** What softmax divides the logits by, found on vectors that the model was not trained on; 1 where left out. */
  readonly temperatureFactor?: number;
  /**
   * Logits already divided by the learner's own temperature. Softmax over any subset of the columns gives its probabilities,
   * after division by `temperatureFactor`.
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
