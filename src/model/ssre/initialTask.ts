import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import type { SsreConfig } from './config.js';
import { headLogits } from './head.js';
import type { LinearTensors } from './linear.js';
import { crossEntropy } from './losses.js';
import { blockLayers, type SsreState, type Trunk, widthOf } from './network.js';
import type { Objective, Parameter } from './optimise.js';
import { block, stem } from './trunk.js';

/** Vectors and labels of a task; labels count the task's own classes. */
export interface TaskData {
  /** Shape [n, columns]. */
  readonly rows: Float32Array;
  readonly columns: number;
  readonly labels: Int32Array;
}

/**
 * The first task: all of the trunk and the classifier learn by cross-entropy, CE(z / tau).
 * @param trunk its arrays are trained in place
 * @param head likewise
 */
export function initialObjective(
  tf: Tensorflow,
  trunk: Trunk,
  head: SsreState['head'],
  data: TaskData,
  config: SsreConfig,
): Objective {
  const classes = head.bias.length;
  const width = widthOf(trunk);
  const layers = [trunk.stem, ...blockLayers(trunk)];
  const parameters: Parameter[] = [
    { values: head.rows, shape: [classes, width] },
    { values: head.bias, shape: [classes] },
    ...layers.flatMap(({ weights, bias, inputs, outputs }) => [
      { values: weights, shape: [inputs, outputs] },
      { values: bias, shape: [outputs] },
    ]),
  ];
  return {
    parameters,
    examples: data.labels.length,
    loss: ([rows, bias, ...rest], batch) => {
      const tensors = pairs(rest);
      const x = rowsOf(tf, data, batch);
      const [stemTensors, ...blocks] = tensors;
      let h = stem(tf, x, stemTensors as LinearTensors, true);
      for (let at = 0; at < blocks.length; at += 2) {
        h = block(tf, h, { first: blocks[at] as LinearTensors, second: blocks[at + 1] as LinearTensors });
      }
      const logits = headLogits(tf, h, rows as Tensor2D, bias as Tensor1D, config.temperature);
      return tf.mean(crossEntropy(tf, logits, targetsOf(tf, data, batch, classes, 0, config.labelSmoothing)));
    },
  };
}

function pairs(tensors: readonly Tensor[]): LinearTensors[] {
  return Array.from({ length: tensors.length / 2 }, (_, index) => ({
    weights: tensors[2 * index] as Tensor2D,
    bias: tensors[2 * index + 1] as Tensor1D,
  }));
}

/** The batch's rows on the device: shape [batch, columns]. */
export function rowsOf(
  tf: Tensorflow,
  { rows, columns }: Pick<TaskData, 'rows' | 'columns'>,
  batch: Uint32Array,
): Tensor2D {
  const values = new Float32Array(batch.length * columns);
  batch.forEach((row, index) => {
    values.set(rows.subarray(row * columns, (row + 1) * columns), index * columns);
  });
  return tf.tensor2d(values, [batch.length, columns]);
}

/**
 * Target probabilities of the batch: 1 at the label's column, less what smoothing spreads.
 * @param offset column of the task's first class
 * @returns shape [batch, classes]
 */
export function targetsOf(
  tf: Tensorflow,
  { labels }: Pick<TaskData, 'labels'>,
  batch: Uint32Array,
  classes: number,
  offset: number,
  smoothing = 0,
): Tensor2D {
  const values = new Float32Array(batch.length * classes).fill(smoothing / classes);
  batch.forEach((row, index) => {
    const at = index * classes + offset + (labels[row] as number);
    values[at] = (values[at] as number) + 1 - smoothing;
  });
  return tf.tensor2d(values, [batch.length, classes]);
}
