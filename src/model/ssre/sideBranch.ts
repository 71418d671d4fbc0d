import type { Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { type LinearTensors, linear } from './linear.js';
import type { Linear } from './network.js';
import { normals, type Random } from './random.js';
import { relu } from './relu.js';

/** A low-rank linear map beside a frozen layer, V = A B: A (`down`) [inputs, rank], B (`up`) [rank, outputs], no bias. */
export interface SideBranch {
  readonly rank: number;
  readonly down: Float32Array;
  readonly up: Float32Array;
}

/** A frozen layer and its side branch on the device. */
export interface ExpandedLayer {
  readonly frozen: LinearTensors;
  readonly down: Tensor2D;
  readonly up: Tensor2D;
}

/** A branch that computes zero: A random, B zero, so that the expanded network starts as the old one. */
export function zeroBranch({ inputs, outputs }: Linear, rank: number, random: Random): SideBranch {
  return {
    rank,
    down: normals(inputs * rank, Math.sqrt(1 / inputs), random),
    up: new Float32Array(rank * outputs),
  };
}

/**
 * A residual block of expanded layers: ReLU(h + L2(ReLU(L1 h))).
 * @param h shape [n, width]
 * @param inputGradient whether the gradient by h is wanted
 * @returns shape [n, width]
 */
export function expandedBlock(
  tf: Tensorflow,
  h: Tensor2D,
  first: ExpandedLayer,
  second: ExpandedLayer,
  inputGradient: boolean,
): Tensor2D {
  const inner = relu(tf, expandedLinear(tf, h, first, inputGradient));
  return relu(tf, tf.add<Tensor2D>(h, expandedLinear(tf, inner, second, true)));
}

/** x W + b + (x A) B, with W and b frozen: shape [n, outputs] for x of shape [n, inputs]. */
function expandedLinear(
  tf: Tensorflow,
  x: Tensor2D,
  { frozen, down, up }: ExpandedLayer,
  inputGradient: boolean,
): Tensor2D {
  const main = linear(tf, x, frozen, { inputGradient, parameterGradient: false });
  const narrow = linear(tf, x, { weights: down }, { inputGradient, parameterGradient: true });
  const side = linear(tf, narrow, { weights: up }, { inputGradient: true, parameterGradient: true });
  return tf.add(main, side);
}
