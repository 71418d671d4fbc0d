import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { linear } from './linear.js';
import type { Linear, SsreState } from './network.js';
import { normals, type Random } from './random.js';

/**
 * The classifier with rows for new classes added below the old ones, which stay as they are.
 * @param old rows [k, width] and biases [k]
 * @returns rows [k + added, width] and biases [k + added]
 */
export function grownHead(
  old: SsreState['head'],
  added: number,
  width: number,
  random: Random,
): SsreState['head'] {
  const rows = new Float32Array(old.rows.length + added * width);
  rows.set(old.rows);
  rows.set(normals(added * width, 1 / width, random), old.rows.length);
  const bias = new Float32Array(old.bias.length + added);
  bias.set(old.bias);
  return { rows, bias };
}

/** The rows and biases of the given classes only: rows [indices, width]. */
export function headOf(
  { rows, bias }: SsreState['head'],
  indices: readonly number[],
  width: number,
): SsreState['head'] {
  const some = new Float32Array(indices.length * width);
  indices.forEach((from, to) => {
    some.set(rows.subarray(from * width, (from + 1) * width), to * width);
  });
  return { rows: some, bias: Float32Array.from(indices, (index) => bias[index] as number) };
}

/**
 * The classifier after a task: trained rows in their old places, new ones below, all others as they were.
 * @param trained rows of the classes `indices` of `old`, then of the new ones
 */
export function withTrained(
  old: SsreState['head'],
  trained: SsreState['head'],
  indices: readonly number[],
  width: number,
): SsreState['head'] {
  const added = trained.bias.length - indices.length;
  const rows = new Float32Array(old.rows.length + added * width);
  const bias = new Float32Array(old.bias.length + added);
  rows.set(old.rows);
  bias.set(old.bias);
  indices.forEach((to, from) => {
    rows.set(trained.rows.subarray(from * width, (from + 1) * width), to * width);
    bias[to] = trained.bias[from] as number;
  });
  rows.set(trained.rows.subarray(indices.length * width), old.rows.length);
  bias.set(trained.bias.subarray(indices.length), old.bias.length);
  return { rows, bias };
}

/**
 * Logits z / tau of features.
 * @param features shape [n, width]
 * @param rows shape [classes, width]
 * @returns shape [n, classes]
 */
export function headLogits(
  tf: Tensorflow,
  features: Tensor2D,
  rows: Tensor2D,
  bias: Tensor1D,
  temperature: number,
): Tensor2D {
  const layer = { weights: tf.transpose(rows), bias };
  return tf.div(linear(tf, features, layer, { inputGradient: true, parameterGradient: true }), temperature);
}

/** The classifier's rows as the columns of a layer for inference, with the temperature divided in. */
export function headLayer({ rows, bias }: SsreState['head'], temperature: number): Linear {
  const classes = bias.length;
  const width = rows.length / classes;
  const weights = new Float32Array(rows.length);
  for (let k = 0; k < classes; k++) {
    for (let i = 0; i < width; i++) weights[i * classes + k] = (rows[k * width + i] as number) / temperature;
  }
  return { inputs: width, outputs: classes, weights, bias: bias.map((value) => value / temperature) };
}
