import type { Tensor2D } from '@tensorflow/tfjs';
import type { Classifier } from '../classifier.js';
import { tensorClassifier } from '../tensorflow/tensorClassifier.js';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import type { AnalyticConfig } from './config.js';
import { featureMap } from './features.js';
import type { AnalyticState } from './state.js';

/** A classifier of the scores phi(z) W, in float32: see {@link featureMap}. */
export function createAnalyticClassifier(
  tf: Tensorflow,
  state: AnalyticState,
  config: AnalyticConfig,
  identity: { readonly version: string; readonly backend: string },
): Classifier {
  const { dimension, classes, statistics } = state;
  const { width, projection, scale } = featureMap(dimension, config);
  const head = tf.tensor2d(headColumns(state, config.temperature), [statistics.width, classes.length]);
  const projected =
    projection &&
    tf.tensor2d(
      Float32Array.from(projection, (entry) => entry * scale),
      [dimension, width - dimension],
    );
  const featuresOf = (x: Tensor2D): Tensor2D =>
    projected ? tf.concat([x, tf.relu(tf.matMul<Tensor2D>(x, projected))], 1) : x;
  return tensorClassifier(tf, {
    ...identity,
    temperatureFactor: state.temperatureFactor,
    classes: [...classes],
    dimension,
    tensors: projected ? [head, projected] : [head],
    width: statistics.width,
    featuresOf,
    logitsOf: (features) => tf.matMul<Tensor2D>(features, head),
  });
}

/** The rows of weights as columns, with the temperature divided in. */
function headColumns({ classes, weights, statistics }: AnalyticState, temperature: number): Float32Array {
  const { width } = statistics;
  const columns = new Float32Array(weights.length);
  for (let k = 0; k < classes.length; k++) {
    for (let i = 0; i < width; i++) {
      columns[i * classes.length + k] = (weights[k * width + i] as number) / temperature;
    }
  }
  return columns;
}
