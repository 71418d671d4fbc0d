import type { Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { type LinearTensors, linear } from './linear.js';
import type { Linear } from './network.js';
import { normals, type Random } from './random.js';

/** A low-rank linear map beside a frozen layer, V = A B: A [inputs, rank], B [rank, outputs], no bias. */
export interface SideBranch {
  readonly rank: number;
  readonly down: Float32Array;
  readonly up: Float32Array;
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
 * The expanded layer: x W + b + (x A) B, with W and b frozen.
 * @param x shape [n, inputs]
 * @param inputGradient whether the gradient by x is wanted
 * @returns shape [n, outputs]
 */
export function expandedLinear(
  tf: Tensorflow,
  x: Tensor2D,
  frozen: LinearTensors,
  down: Tensor2D,
  up: Tensor2D,
  inputGradient: boolean,
): Tensor2D {
  const main = linear(tf, x, frozen, { inputGradient, parameterGradient: false });
  const narrow = linear(tf, x, { weights: down }, { inputGradient, parameterGradient: true });
  const side = linear(tf, narrow, { weights: up }, { inputGradient: true, parameterGradient: true });
  return tf.add(main, side);
}
