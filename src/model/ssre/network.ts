/** A linear layer y = x W + b. */
export interface Linear {
  readonly inputs: number;
  readonly outputs: number;
  /** W, shape [inputs, outputs]. */
  readonly weights: Float32Array;
  /** b, shape [outputs]. */
  readonly bias: Float32Array;
}

/** A residual block y = ReLU(x + second(ReLU(first(x)))); both layers are [width, width]. */
export interface Block {
  readonly first: Linear;
  readonly second: Linear;
}

/** The residual MLP over an embedding: x -> ReLU(stem(x)) -> blocks -> feature f, shape [width]. */
export interface Trunk {
  readonly stem: Linear;
  readonly blocks: readonly Block[];
}

/** What one class left behind for later tasks. */
export interface Prototype {
  /** Mean of the class's features when it was trained, shape [width]. */
  readonly mean: Float32Array;
  /** Sketch S of the features' covariance, E[S^T S], shape [64, width]: see prototypes.ts. */
  readonly spread: Float32Array;
}

/** All that SSRE knows after a task. Nothing in it is changed by training: every task makes a new one. */
export interface SsreState {
  /** Components of an input vector. */
  readonly dimension: number;
  /** Tasks trained so far. */
  readonly tasks: number;
  /** Classes in the order of the classifier's rows. */
  readonly classes: readonly string[];
  /** What softmax divides the logits by beside tau: docs/decisions/0034-calibrated-probabilities.md. */
  readonly temperatureFactor: number;
  readonly trunk: Trunk;
  /** The classifier: one row a class, shape [classes, width], and their biases, shape [classes]. */
  readonly head: { readonly rows: Float32Array; readonly bias: Float32Array };
  /** One for each class, in the order of `classes`. */
  readonly prototypes: readonly Prototype[];
}

/** Width of the features of `trunk`. */
export function widthOf(trunk: Trunk): number {
  return trunk.stem.outputs;
}

/** The linear layers of the blocks, in the order of computation: those that get side branches. */
export function blockLayers(trunk: Trunk): Linear[] {
  return trunk.blocks.flatMap(({ first, second }) => [first, second]);
}
