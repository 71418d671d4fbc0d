import type { Tensor2D } from '@tensorflow/tfjs';
import { computed } from '../tensorflow/computed.js';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { linear } from './linear.js';
import { type Linear, type Trunk, widthOf } from './network.js';
import { type BlockTensors, toTensors } from './trunk.js';

/** Rows computed at a time: enough to keep every backend busy, little enough to stay in the cache. */
const ROWS = 512;

/**
 * The blocks' output without any gradient.
 * @param h the stem's output, shape [n, width]
 * @returns shape [n, width]
 */
export function throughBlocks(tf: Tensorflow, h: Tensor2D, blocks: readonly BlockTensors[]): Tensor2D {
  const plain = { inputGradient: false, parameterGradient: false };
  return blocks.reduce((input, { first, second }) => {
    const inner = linear(tf, input, first, { ...plain, activation: 'relu' });
    return tf.relu(tf.add<Tensor2D>(input, linear(tf, inner, second, plain)));
  }, h);
}

/** ReLU(x W + b) of every vector: shape [n, stem.outputs] for vectors of shape [n, stem.inputs]. */
export function stemOutputs(tf: Tensorflow, stem: Linear, vectors: Float32Array): Float32Array {
  return computed(tf, () => {
    const tensors = toTensors(tf, stem);
    return inParts(tf, vectors, stem.inputs, stem.outputs, (x) =>
      linear(tf, x, tensors, { activation: 'relu', inputGradient: false, parameterGradient: false }),
    );
  });
}

/** Features f of the stem's outputs; both of shape [n, width]. */
export function featuresOf(tf: Tensorflow, trunk: Trunk, stemOutput: Float32Array): Float32Array {
  return computed(tf, () => {
    const blocks = trunk.blocks.map((block) => ({
      first: toTensors(tf, block.first),
      second: toTensors(tf, block.second),
    }));
    const width = widthOf(trunk);
    return inParts(tf, stemOutput, width, width, (h) => throughBlocks(tf, h, blocks));
  });
}

function inParts(
  tf: Tensorflow,
  rows: Float32Array,
  inputs: number,
  outputs: number,
  compute: (part: Tensor2D) => Tensor2D,
): Float32Array {
  const count = rows.length / inputs;
  const result = new Float32Array(count * outputs);
  for (let start = 0; start < count; start += ROWS) {
    const end = Math.min(start + ROWS, count);
    const part = computed(tf, () =>
      compute(
        tf.tensor2d(rows.subarray(start * inputs, end * inputs), [end - start, inputs]),
      ).dataSync<'float32'>(),
    );
    result.set(part, start * outputs);
  }
  return result;
}
