import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { rowsOf, targetsOf } from './batch.js';
import type { SsreConfig } from './config.js';
import { headLogits } from './head.js';
import type { LinearTensors } from './linear.js';
import { crossEntropy } from './losses.js';
import { blockLayers, type SsreState, type Trunk, widthOf } from './network.js';
import type { Objective, Parameter } from './optimise.js';
import { block, stem } from './trunk.js';

/** What the first task learns from. */
export interface InitialData {
  /** Standardised, shape [n, dimension]. */
  readonly vectors: Float32Array;
  /** n class numbers. */
  readonly labels: Int32Array;
}

/**
 * The first task: the whole trunk and the classifier learn by cross-entropy, CE(z / tau, y).
 * @param trunk its arrays are trained in place
 * @param head likewise
 */
export function initialObjective(
  tf: Tensorflow,
  trunk: Trunk,
  head: SsreState['head'],
  { vectors, labels }: InitialData,
  { temperature, labelSmoothing }: Pick<SsreConfig, 'temperature' | 'labelSmoothing'>,
): Objective {
  const classes = head.bias.length;
  const dimension = trunk.stem.inputs;
  const parameters: Parameter[] = [
    { values: head.rows, shape: [classes, widthOf(trunk)] },
    { values: head.bias, shape: [classes] },
    ...[trunk.stem, ...blockLayers(trunk)].flatMap(({ weights, bias, inputs, outputs }) => [
      { values: weights, shape: [inputs, outputs] },
      { values: bias, shape: [outputs] },
    ]),
  ];
  return {
    parameters,
    examples: labels.length,
    lossOf:
      () =>
      ([rows, bias, ...rest], { rows: batch }) => {
        const [stemLayer, ...layers] = layersOf(rest);
        let f = stem(tf, rowsOf(tf, vectors, dimension, batch), stemLayer as LinearTensors);
        for (let at = 0; at < layers.length; at += 2) {
          f = block(tf, f, { first: layers[at] as LinearTensors, second: layers[at + 1] as LinearTensors });
        }
        const logits = headLogits(tf, f, rows as Tensor2D, bias as Tensor1D, temperature);
        const targets = targetsOf(tf, labels, batch, classes, { smoothing: labelSmoothing });
        return tf.mean<Scalar>(crossEntropy(tf, logits, targets));
      },
  };
}

/** Weights and bias by turns, as layers. */
function layersOf(tensors: readonly Tensor[]): LinearTensors[] {
  return Array.from({ length: tensors.length / 2 }, (_, index) => ({
    weights: tensors[2 * index] as Tensor2D,
    bias: tensors[2 * index + 1] as Tensor1D,
  }));
}
