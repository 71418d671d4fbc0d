import type { SsreState } from 'lethe/internal/model/ssre/network.js';

/** The size of a convolution over [n, height, width, inputs], padded so that stride 1 keeps height and width. */
export interface ConvolutionShape {
  /** Side of the kernel. */
  readonly size: 1 | 3;
  readonly stride: 1 | 2;
  readonly inputs: number;
  readonly outputs: number;
}

/** A convolution y = W * x + b. */
export interface Convolution extends ConvolutionShape {
  /** W, shape [size, size, inputs, outputs]. */
  readonly kernel: Float32Array;
  /** b, shape [outputs]. */
  readonly bias: Float32Array;
}

/** A convolution without bias before a batch normalisation: y = gamma (W * x - mean) / deviation + beta. */
export interface NormalisedConvolution extends ConvolutionShape {
  /** W, shape [size, size, inputs, outputs]. */
  readonly kernel: Float32Array;
  /** gamma, shape [outputs]. */
  readonly scale: Float32Array;
  /** beta, shape [outputs]. */
  readonly shift: Float32Array;
}

/** A basic block y = ReLU(second(ReLU(first(x))) + shortcut(x)); without a shortcut x itself is added. */
export interface ResidualBlock<C> {
  readonly first: C;
  readonly second: C;
  readonly shortcut: C | null;
}

/** A ResNet without its classifier: ReLU(stem(x)), the blocks, the mean over all places. C is what a convolution is. */
export interface ResidualTrunk<C> {
  readonly stem: C;
  readonly blocks: readonly ResidualBlock<C>[];
}

/** What a convolution is in its trunk. Only those of the main branch get side branches. */
export type Role = 'stem' | 'main' | 'shortcut';

/** All that SSRE on images knows after a task: the folded trunk, and the rest as over embeddings. */
export interface ImageState extends Pick<SsreState, 'tasks' | 'classes' | 'head' | 'prototypes'> {
  readonly trunk: ResidualTrunk<Convolution>;
}

/** The trunk with each convolution replaced; `change` is called in the order of {@link convolutionsOf}. */
export function mapTrunk<A, B>(
  { stem, blocks }: ResidualTrunk<A>,
  change: (convolution: A, role: Role) => B,
): ResidualTrunk<B> {
  return {
    stem: change(stem, 'stem'),
    blocks: blocks.map(({ first, second, shortcut }) => ({
      first: change(first, 'main'),
      second: change(second, 'main'),
      shortcut: shortcut === null ? null : change(shortcut, 'shortcut'),
    })),
  };
}

/** The convolutions of a trunk: the stem, then each block's first, second and shortcut. */
export function convolutionsOf<C>({ stem, blocks }: ResidualTrunk<C>): C[] {
  return [
    stem,
    ...blocks.flatMap(({ first, second, shortcut }) => [
      first,
      second,
      ...(shortcut === null ? [] : [shortcut]),
    ]),
  ];
}

/** Size of a feature: the channels of the last block. */
export function featureWidth({ stem, blocks }: ResidualTrunk<ConvolutionShape>): number {
  return blocks.at(-1)?.second.outputs ?? stem.outputs;
}
