import type { GradSaveFunc, Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';

/** The published code sums the distillation over its batches of 128; this keeps its weight at any batch size. */
const PUBLISHED_BATCH = 128;
/** Keeps the root's slope finite where student and teacher agree, as they do when a task starts. */
const TINY = 1e-12;

/**
 * Cross-entropy of each row.
 * @param logits divided by the temperature; shape [n, classes]
 * @param targets probabilities, shape [n, classes]
 * @returns shape [n]
 */
export function crossEntropy(tf: Tensorflow, logits: Tensor2D, targets: Tensor2D): Tensor1D {
  return tf.neg(tf.sum<Tensor1D>(tf.mul(targets, tf.logSoftmax(logits)), 1));
}

/**
 * s_i = max_k cos(f_i, p_k), clamped to [0, 1]: how much an input resembles an old class.
 * @param features shape [n, width]
 * @param prototypes unit rows, transposed: shape [width, old classes]
 * @returns shape [n]; a constant, without gradient
 */
export function similarityToOld(tf: Tensorflow, features: Tensor2D, prototypes: Tensor2D): Tensor1D {
  const constant = tf.customGrad<Tensor1D>((...inputs) => {
    (inputs.at(-1) as GradSaveFunc)([features]);
    const lengths = tf.sqrt(tf.add(tf.sum(tf.square(features), 1), TINY));
    const nearest = tf.max<Tensor1D>(tf.matMul(features, prototypes), 1);
    return {
      value: tf.clipByValue(tf.div<Tensor1D>(nearest, lengths), 0, 1),
      gradFunc: (_: Tensor, saved: Tensor[]) => saved.map((f) => tf.zerosLike(f)),
    };
  });
  return constant(features);
}

/**
 * Loss on the new classes: mean_i (1 - s_i) CE(z_i / tau, y_i).
 * @param similarity s, shape [n]
 */
export function newClassLoss(
  tf: Tensorflow,
  logits: Tensor2D,
  targets: Tensor2D,
  similarity: Tensor1D,
): Scalar {
  return tf.mean(tf.mul(tf.sub(1, similarity), crossEntropy(tf, logits, targets)));
}

/**
 * Distillation on the main branch: sum_i s_i ||f_i - g_i||_2, taken as 128 times the mean.
 * @param features f of the network in training, shape [n, width]
 * @param teacher g of the network before the task, shape [n, width]
 * @param similarity s, shape [n]
 */
export function distillationLoss(
  tf: Tensorflow,
  features: Tensor2D,
  teacher: Tensor2D,
  similarity: Tensor1D,
): Scalar {
  const distance = tf.sqrt(tf.add(tf.sum(tf.squaredDifference(features, teacher), 1), TINY));
  return tf.mul(PUBLISHED_BATCH, tf.mean(tf.mul(similarity, distance)));
}
