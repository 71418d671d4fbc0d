import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { relu } from 'lethe/internal/model/ssre/relu.js';
import type { Tensorflow } from 'lethe/internal/model/tensorflow/tensorflow.js';
import type { ResidualBlock, ResidualTrunk } from './network.js';

/** What a convolution, with whatever belongs to it, makes of its input. */
export type Apply<C> = (x: Tensor4D, convolution: C) => Tensor4D;

/**
 * Features of images: the stem, the blocks, and the mean over all places.
 * @param x shape [n, height, width, 3]
 * @param apply computes one convolution; the same trunk is so computed in training, folded or expanded
 * @returns f, shape [n, width]
 */
export function throughTrunk<C>(
  tf: Tensorflow,
  x: Tensor4D,
  { stem, blocks }: ResidualTrunk<C>,
  apply: Apply<C>,
): Tensor2D {
  const last = blocks.reduce((h, block) => throughBlock(tf, h, block, apply), relu(tf, apply(x, stem)));
  return tf.mean(last, [1, 2]);
}

/** ReLU(second(ReLU(first(x))) + shortcut(x)), where x itself stands for a shortcut that is not there. */
export function throughBlock<C>(
  tf: Tensorflow,
  x: Tensor4D,
  { first, second, shortcut }: ResidualBlock<C>,
  apply: Apply<C>,
): Tensor4D {
  const main = apply(relu(tf, apply(x, first)), second);
  return relu(tf, tf.add<Tensor4D>(main, shortcut === null ? x : apply(x, shortcut)));
}
