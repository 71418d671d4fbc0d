import type { Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { type LinearTensors, linear } from './linear.js';
import type { Linear, Trunk } from './network.js';
import { normals, type Random } from './random.js';
import { relu } from './relu.js';

/** A residual block on the device. */
export interface BlockTensors {
  readonly first: LinearTensors;
  readonly second: LinearTensors;
}

/**
 * A trunk for standardised vectors of `dimension` components. First layers have He's initial weights, second layers start
 * at zero, so that every block is the identity at first.
 */
export function initialTrunk(dimension: number, width: number, blocks: number, random: Random): Trunk {
  return {
    stem: layer(dimension, width, Math.sqrt(2 / dimension), random),
    blocks: Array.from({ length: blocks }, () => ({
      first: layer(width, width, Math.sqrt(2 / width), random),
      second: layer(width, width, 0, random),
    })),
  };
}

function layer(inputs: number, outputs: number, deviation: number, random: Random): Linear {
  return {
    inputs,
    outputs,
    weights: normals(inputs * outputs, deviation, random),
    bias: new Float32Array(outputs),
  };
}

/**
 * The stem in training: ReLU(x W + b).
 * @param x shape [n, dimension]
 * @returns shape [n, width]
 */
export function stem(tf: Tensorflow, x: Tensor2D, tensors: LinearTensors): Tensor2D {
  return linear(tf, x, tensors, { activation: 'relu', inputGradient: false, parameterGradient: true });
}

/**
 * A residual block in training: ReLU(h + L2(ReLU(L1 h))).
 * @param h shape [n, width]
 * @returns shape [n, width]
 */
export function block(tf: Tensorflow, h: Tensor2D, tensors: BlockTensors): Tensor2D {
  const options = { inputGradient: true, parameterGradient: true };
  const inner = linear(tf, h, tensors.first, { ...options, activation: 'relu' });
  return relu(tf, tf.add<Tensor2D>(h, linear(tf, inner, tensors.second, options)));
}

/** The layer's parameters on the device; to be disposed by the caller (or tf.tidy). */
export function toTensors(
  tf: Tensorflow,
  { inputs, outputs, weights, bias }: Linear,
): Required<LinearTensors> {
  return { weights: tf.tensor2d(weights, [inputs, outputs]), bias: tf.tensor1d(bias) };
}
