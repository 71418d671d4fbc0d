import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { linear } from '../../../../src/model/ssre/linear.js';
import { normals, randomOf } from '../../../../src/model/ssre/random.js';
import { loadTensorflow, type TensorflowBackend } from '../../../../src/model/tensorflow/loadTensorflow.js';
import { largestDifference } from './support.js';

describe.each(['wasm', 'cpu'] satisfies TensorflowBackend[])('a linear layer on %s', (backend) => {
  it.each(['linear', 'relu'] as const)('has the gradients that tfjs derives for %s', async (activation) => {
    const { tf } = await loadTensorflow(backend);
    await tf.setBackend(backend);
    const random = randomOf(11);
    const x = tf.tensor2d(normals(6 * 5, 1, random), [6, 5]);
    const weights = tf.tensor2d(normals(5 * 4, 1, random), [5, 4]);
    const bias = tf.tensor1d(normals(4, 1, random));
    const wanted = tf.tensor2d(normals(6 * 4, 1, random), [6, 4]);

    const own = tf.valueAndGrads((a: Tensor, w: Tensor, b: Tensor) =>
      tf.sum(
        tf.mul(
          wanted,
          linear(
            tf,
            a.as2D(6, 5),
            { weights: w.as2D(5, 4), bias: b.as1D() },
            { activation, inputGradient: true, parameterGradient: true },
          ),
        ),
      ),
    )([x, weights, bias]);
    const reference = tf.valueAndGrads((a: Tensor, w: Tensor, b: Tensor) => {
      const y = tf.add(tf.matMul(a, w), b);
      return tf.sum(tf.mul(wanted, activation === 'relu' ? tf.relu(y) : y));
    })([x, weights, bias]);

    expect(largestDifference(own.value.dataSync(), reference.value.dataSync())).toBeLessThan(1e-4);
    own.grads.forEach((gradient, index) => {
      expect(largestDifference(gradient.dataSync(), reference.grads[index]?.dataSync() ?? [])).toBeLessThan(
        1e-5,
      );
    });
  });
});
