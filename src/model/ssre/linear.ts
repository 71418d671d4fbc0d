import type { GradSaveFunc, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { belowRelu } from './relu.js';

/** Parameters of a layer on the device: W [inputs, outputs] and b [outputs]. */
export interface LinearTensors {
  readonly weights: Tensor2D;
  readonly bias?: Tensor1D;
}

export interface LinearOptions {
  readonly activation?: 'linear' | 'relu';
  /** Whether the gradient by x is wanted; it is not for the first layer. */
  readonly inputGradient: boolean;
  /** Whether the gradients by W and b are wanted; they are not for frozen layers. */
  readonly parameterGradient: boolean;
}

/**
 * x W + b, or ReLU of it, with a gradient of its own. tfjs takes the transposed products dy W^T and x^T dy by flags, for
 * which its wasm backend has a loop some 15 times slower than XNNPACK's product without them: so the factors are
 * transposed beforehand there (docs/decisions/0003). Gradients that nobody wants are not computed.
 * @param x shape [n, inputs]
 * @returns shape [n, outputs]
 */
export function linear(
  tf: Tensorflow,
  x: Tensor2D,
  { weights, bias }: LinearTensors,
  { activation = 'linear', inputGradient, parameterGradient }: LinearOptions,
): Tensor2D {
  const forward = (): Tensor2D =>
    bias
      ? (tf.fused.matMul({ a: x, b: weights, bias, activation }) as Tensor2D)
      : tf.matMul<Tensor2D>(x, weights);
  if (!inputGradient && !parameterGradient) return forward();

  const operation = tf.customGrad<Tensor2D>((...inputs) => {
    const value = forward();
    // The last argument keeps tensors for the gradient: all others are gone by then.
    (inputs.at(-1) as GradSaveFunc)([x, weights, value]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [input, w, output] = saved as [Tensor2D, Tensor2D, Tensor2D];
      const slope = (activation === 'relu' ? belowRelu(tf, dy, output) : dy) as Tensor2D;
      const gradients: Tensor[] = [];
      if (inputGradient) gradients.push(timesTransposed(tf, slope, w));
      if (parameterGradient) gradients.push(transposedTimes(tf, input, slope));
      if (parameterGradient && bias) gradients.push(tf.sum(slope, 0));
      return gradients;
    };
    return { value, gradFunc };
  });
  const parameters = bias ? [weights, bias] : [weights];
  return operation(...(inputGradient ? [x] : []), ...(parameterGradient ? parameters : []));
}

/** a b^T for a [n, k] and b [m, k]: shape [n, m]. */
function timesTransposed(tf: Tensorflow, a: Tensor2D, b: Tensor2D): Tensor2D {
  return transposesFirst(tf) ? tf.matMul(a, tf.transpose(b)) : tf.matMul(a, b, false, true);
}

/** a^T b for a [n, k] and b [n, m]: shape [k, m]. */
function transposedTimes(tf: Tensorflow, a: Tensor2D, b: Tensor2D): Tensor2D {
  return transposesFirst(tf) ? tf.matMul(tf.transpose(a), b) : tf.matMul(a, b, true, false);
}

function transposesFirst(tf: Tensorflow): boolean {
  return tf.getBackend() === 'wasm';
}
