import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { normals, randomOf } from 'lethe/internal/model/ssre/random.js';
import { loadTensorflow, type TensorflowBackend } from 'lethe/internal/model/tensorflow/loadTensorflow.js';
import { describe, expect, it } from 'vitest';
import { largestDifference } from '../../../../../test/unit/model/ssre/support.js';
import { batchNorm, EPSILON } from '../../../src/imageSsre/batchNorm.js';
import { convolve } from '../../../src/imageSsre/convolve.js';
import { randomTensor } from './support.js';

const native = await loadTensorflow('tensorflow').then(
  () => ['tensorflow' as const],
  () => [],
);
const backends: TensorflowBackend[] = ['wasm', 'cpu', ...native];

describe.each(backends)('a convolution on %s', (backend) => {
  it.each([
    { size: 3, stride: 1 as const },
    { size: 3, stride: 2 as const },
    { size: 1, stride: 1 as const },
    { size: 1, stride: 2 as const },
  ])('of size $size and stride $stride has the gradients that tfjs derives', async ({ size, stride }) => {
    const { tf } = await loadTensorflow(backend);
    await tf.setBackend(backend);
    const x = randomTensor(tf, [2, 6, 6, 3], 1);
    const kernel = randomTensor(tf, [size, size, 3, 4], 2);
    const wanted = randomTensor(tf, [2, 6 / stride, 6 / stride, 4], 3);
    const options = { stride, inputGradient: true, kernelGradient: true };
    const own = tf.valueAndGrads((a: Tensor, w: Tensor) =>
      tf.sum(tf.mul(wanted, convolve(tf, a as Tensor4D, w as Tensor4D, options))),
    )([x, kernel]);

    const { tf: plain } = await loadTensorflow('cpu');
    await plain.setBackend('cpu');
    const here = (tensor: Tensor4D): Tensor4D => plain.tensor4d(tensor.dataSync<'float32'>(), tensor.shape);
    const copies = [here(x), here(kernel)];
    const target = here(wanted);
    const reference = plain.valueAndGrads((a: Tensor, w: Tensor) => {
      const y = plain.conv2d(a as Tensor4D, w as Tensor4D, stride, (size - 1) / 2, 'NHWC', 1, 'floor');
      return plain.sum(plain.mul(target, y));
    })(copies);

    expect(largestDifference(own.value.dataSync(), reference.value.dataSync())).toBeLessThan(1e-3);
    own.grads.forEach((gradient, index) => {
      expect(gradient.shape).toEqual(reference.grads[index]?.shape);
      expect(largestDifference(gradient.dataSync(), reference.grads[index]?.dataSync() ?? [])).toBeLessThan(
        1e-4,
      );
    });
  });

  it('computes no gradient that is not wanted', async () => {
    const { tf } = await loadTensorflow(backend);
    await tf.setBackend(backend);
    const x = randomTensor(tf, [1, 4, 4, 2], 4);
    const kernel = randomTensor(tf, [3, 3, 2, 2], 5);
    const frozen = { stride: 1 as const, inputGradient: true, kernelGradient: false };
    expect(() => tf.grads((_, w) => tf.sum(convolve(tf, x, w as Tensor4D, frozen)))([x, kernel])).toThrow(
      /Cannot compute gradient/,
    );
  });
});

describe('batch normalisation', () => {
  it('has the values and gradients that tfjs derives', async () => {
    const { tf } = await loadTensorflow('cpu');
    await tf.setBackend('cpu');
    const y = randomTensor(tf, [3, 2, 2, 4], 6);
    const scale = tf.tensor1d(normals(4, 1, randomOf(7)));
    const shift = tf.tensor1d(normals(4, 1, randomOf(8)));
    const wanted = randomTensor(tf, [3, 2, 2, 4], 9);
    const own = tf.valueAndGrads((a: Tensor, s: Tensor, t: Tensor) =>
      tf.sum(tf.mul(wanted, batchNorm(tf, a as Tensor4D, s.as1D(), t.as1D()))),
    )([y, scale, shift]);
    const reference = tf.valueAndGrads((a: Tensor, s: Tensor, t: Tensor) => {
      const { mean, variance } = tf.moments(a, [0, 1, 2]);
      return tf.sum(
        tf.mul(wanted, tf.batchNorm(a, mean.as1D(), variance.as1D(), t.as1D(), s.as1D(), EPSILON)),
      );
    })([y, scale, shift]);
    expect(largestDifference(own.value.dataSync(), reference.value.dataSync())).toBeLessThan(1e-4);
    own.grads.forEach((gradient, index) => {
      expect(largestDifference(gradient.dataSync(), reference.grads[index]?.dataSync() ?? [])).toBeLessThan(
        1e-4,
      );
    });
  });
});
