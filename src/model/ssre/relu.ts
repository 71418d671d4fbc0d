import type { GradSaveFunc, Tensor } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';

/** ReLU with a gradient of its own: tfjs's takes five passes over native tensors, {@link belowRelu} two. */
export function relu<T extends Tensor>(tf: Tensorflow, x: T): T {
  const operation = tf.customGrad<T>((...inputs) => {
    const value = tf.relu(x);
    // The last argument keeps tensors for the gradient: all others are gone by then.
    (inputs.at(-1) as GradSaveFunc)([value]);
    return { value, gradFunc: (dy: Tensor, saved: Tensor[]) => belowRelu(tf, dy, saved[0] as Tensor) };
  });
  return operation(x);
}

/** The gradient by a ReLU's input: that by its output where the output is not zero. */
export function belowRelu(tf: Tensorflow, dy: Tensor, output: Tensor): Tensor {
  return tf.mul(dy, tf.sign(output));
}
