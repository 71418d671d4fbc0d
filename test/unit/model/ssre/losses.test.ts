import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import {
  crossEntropy,
  distillationLoss,
  newClassLoss,
  similarityToOld,
} from '../../../../src/model/ssre/losses.js';
import { loadTensorflow } from '../../../../src/model/tensorflow/loadTensorflow.js';

const { tf } = await loadTensorflow('cpu');
const near = (tensor: { dataSync(): ArrayLike<number> }, expected: readonly number[]): void => {
  const values = Array.from(tensor.dataSync());
  expect(values).toHaveLength(expected.length);
  values.forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index] as number, 5);
  });
};

describe('losses', () => {
  it('take the cross-entropy of each row', () => {
    const logits = tf.tensor2d([
      [0, 0],
      [2, 0],
    ]);
    const targets = tf.tensor2d([
      [1, 0],
      [0, 1],
    ]);
    near(crossEntropy(tf, logits, targets), [Math.log(2), Math.log(1 + Math.exp(2))]);
  });

  it('take for s_i the largest cosine with a prototype, between 0 and 1', () => {
    const prototypes = tf.tensor2d([
      [1, 0],
      [0, 1],
    ]);
    const features = tf.tensor2d([
      [3, 4],
      [-1, -1],
      [0, 7],
    ]);
    near(similarityToOld(tf, features, prototypes), [0.8, 0, 1]);
  });

  it('let no gradient through s_i', () => {
    const prototypes = tf.tensor2d([[1], [0]]);
    const slope = tf.grad((f) => tf.sum(similarityToOld(tf, f as Tensor2D, prototypes)))(
      tf.tensor2d([[3, 4]]),
    );
    near(slope, [0, 0]);
  });

  it('weigh new-class samples by 1 - s_i', () => {
    const logits = tf.tensor2d([
      [0, 0],
      [0, 0],
    ]);
    const targets = tf.tensor2d([
      [1, 0],
      [1, 0],
    ]);
    near(newClassLoss(tf, logits, targets, tf.tensor1d([0, 0.5])), [(Math.log(2) * 1.5) / 2]);
  });

  it('take 128 times the mean distance to the teacher, weighted by s_i', () => {
    const f = tf.tensor2d([
      [3, 4],
      [1, 1],
    ]);
    const g = tf.tensor2d([
      [0, 0],
      [1, 1],
    ]);
    near(distillationLoss(tf, f, g, tf.tensor1d([0.5, 1])), [128 * ((0.5 * 5 + 1 * 1e-6) / 2)]);
  });

  it('have a finite gradient where student and teacher agree', () => {
    const g = tf.tensor2d([[1, 2]]);
    const s: Tensor1D = tf.tensor1d([1]);
    near(tf.grad((f) => distillationLoss(tf, f as Tensor2D, g, s))(g), [0, 0]);
  });

  it('pull a feature straight towards its teacher', () => {
    const g = tf.tensor2d([[0, 0]]);
    const s: Tensor1D = tf.tensor1d([0.5]);
    near(tf.grad((f) => distillationLoss(tf, f as Tensor2D, g, s))(tf.tensor2d([[3, 4]])), [
      64 * 0.6,
      64 * 0.8,
    ]);
  });
});
