import type { GradSaveFunc, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Tensorflow } from 'lethe/internal/model/tensorflow/tensorflow.js';

/** Keeps the deviation from zero; PyTorch's default, with which SSRE was published. */
export const EPSILON = 1e-5;

/** Mean and variance of each channel over a batch and all its places; both of shape [channels]. */
export interface Moments {
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/** The moments of y, shape [n, height, width, channels]. */
export function momentsOf(tf: Tensorflow, y: Tensor4D): Moments {
  const rows = rowsOf(tf, y);
  const mean = tf.mean<Tensor1D>(rows, 0);
  return { mean, variance: tf.mean<Tensor1D>(tf.square(tf.sub(rows, mean)), 0) };
}

/**
 * Batch normalisation in training: gamma (y - mean) / sqrt(variance + epsilon) + beta, by the moments of y itself. The
 * gradient is written out: dy = a g + b y + c with a, b and c of each channel, which is a third of the passes over the
 * batch that tfjs would make.
 * @param y shape [n, height, width, channels]
 * @param scale gamma, shape [channels]
 * @param shift beta, shape [channels]
 */
export function batchNorm(tf: Tensorflow, y: Tensor4D, scale: Tensor1D, shift: Tensor1D): Tensor4D {
  const operation = tf.customGrad<Tensor4D>((...inputs) => {
    const { mean, variance } = momentsOf(tf, y);
    const inverse = tf.rsqrt(tf.add<Tensor1D>(variance, EPSILON));
    const slope = tf.mul<Tensor1D>(scale, inverse);
    const value = affine(tf, y, slope, tf.sub(shift, tf.mul(mean, slope)));
    // The last argument keeps tensors for the gradient: all others are gone by then.
    (inputs.at(-1) as GradSaveFunc)([y, mean, inverse, scale]);
    const gradFunc = (g: Tensor, saved: Tensor[]): Tensor[] => {
      const [input, m, inv, gamma] = saved as [Tensor4D, Tensor1D, Tensor1D, Tensor1D];
      return gradients(tf, g as Tensor4D, input, { mean: m, inverse: inv, gamma });
    };
    return { value, gradFunc };
  });
  return operation(y, scale, shift);
}

/** The gradients by y, gamma and beta. */
function gradients(
  tf: Tensorflow,
  g: Tensor4D,
  y: Tensor4D,
  { mean, inverse, gamma }: { mean: Tensor1D; inverse: Tensor1D; gamma: Tensor1D },
): Tensor[] {
  const count = y.size / mean.size;
  const byShift = tf.sum<Tensor1D>(rowsOf(tf, g), 0);
  const products = tf.sum<Tensor1D>(tf.mul(rowsOf(tf, g), rowsOf(tf, y)), 0);
  const byScale = tf.mul<Tensor1D>(inverse, tf.sub(products, tf.mul(mean, byShift)));
  const a = tf.mul<Tensor1D>(gamma, inverse);
  const b = tf.mul<Tensor1D>(tf.mul(a, inverse), tf.div(byScale, -count));
  const c = tf.neg<Tensor1D>(tf.add<Tensor1D>(tf.mul(a, tf.div(byShift, count)), tf.mul(b, mean)));
  return [tf.add(tf.mul(g, a), affine(tf, y, b, c)), byScale, byShift];
}

/** slope * y + shift of each channel. */
function affine(tf: Tensorflow, y: Tensor4D, slope: Tensor1D, shift: Tensor1D): Tensor4D {
  return tf.add(tf.mul(y, slope), shift);
}

function rowsOf(tf: Tensorflow, y: Tensor4D): Tensor2D {
  return tf.reshape(y, [-1, y.shape[3]]);
}
