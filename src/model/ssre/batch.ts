import type { Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';

/**
 * The batch's rows on the device.
 * @param rows shape [n, columns]
 * @param batch numbers of rows
 * @returns shape [batch, columns]
 */
export function rowsOf(tf: Tensorflow, rows: Float32Array, columns: number, batch: Uint32Array): Tensor2D {
  const values = new Float32Array(batch.length * columns);
  batch.forEach((row, index) => {
    values.set(rows.subarray(row * columns, (row + 1) * columns), index * columns);
  });
  return tf.tensor2d(values, [batch.length, columns]);
}

/**
 * Target probabilities of the batch: 1 in the label's column, less what smoothing spreads over all.
 * @param labels n class numbers
 * @param batch numbers of labels
 * @param offset column of class 0
 * @returns shape [batch, classes]
 */
export function targetsOf(
  tf: Tensorflow,
  labels: Int32Array,
  batch: Uint32Array,
  classes: number,
  { offset = 0, smoothing = 0 }: { readonly offset?: number; readonly smoothing?: number } = {},
): Tensor2D {
  const values = new Float32Array(batch.length * classes).fill(smoothing / classes);
  batch.forEach((row, index) => {
    const at = index * classes + offset + (labels[row] as number);
    values[at] = (values[at] as number) + 1 - smoothing;
  });
  return tf.tensor2d(values, [batch.length, classes]);
}
