import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import { LetheError } from '../../domain/errors.js';
import type { Classifier } from '../classifier.js';
import { computed } from './computed.js';
import type { Tensorflow } from './tensorflow.js';

/** Rows computed at a time, to bound memory. */
const ROWS = 512;

/** What a classifier on the device is made of. */
export interface ClassifierParts extends Pick<Classifier, 'version' | 'classes' | 'dimension' | 'backend'> {
  /** Width of the features. */
  readonly width: number;
  /** Features from vectors [n, dimension]: shape [n, width]. */
  readonly featuresOf: (vectors: Tensor2D) => Tensor2D;
  /** Logits over the temperature from features: shape [n, classes]. */
  readonly logitsOf: (features: Tensor2D) => Tensor2D;
  /** What it computes with; disposed of with the classifier. */
  readonly tensors: readonly Tensor[];
}

/** A classifier that computes with tensors which it owns. */
export function tensorClassifier(
  tf: Tensorflow,
  { width, featuresOf, logitsOf, tensors, ...identity }: ClassifierParts,
): Classifier {
  const { version, classes, dimension } = identity;
  let disposed = false;
  const inParts = (vectors: Float32Array, columns: number, of: (x: Tensor2D) => Tensor2D): Float32Array => {
    if (disposed) throw gone(version);
    if (vectors.length % dimension !== 0) throw wrongDimension(vectors.length, dimension);
    const count = vectors.length / dimension;
    const result = new Float32Array(count * columns);
    for (let start = 0; start < count && columns > 0; start += ROWS) {
      const end = Math.min(start + ROWS, count);
      const rows = vectors.subarray(start * dimension, end * dimension);
      const part = computed(tf, () => of(tf.tensor2d(rows, [end - start, dimension])).dataSync<'float32'>());
      result.set(part, start * columns);
    }
    return result;
  };
  return {
    ...identity,
    logits: async (vectors) => inParts(vectors, classes.length, (x) => logitsOf(featuresOf(x))),
    features: async (vectors) => inParts(vectors, width, featuresOf),
    dispose: () => {
      if (disposed) return;
      disposed = true;
      for (const tensor of tensors) tensor.dispose();
    },
  };
}

function gone(version: string): LetheError {
  return new LetheError('internal', `classifier ${version} was disposed of and then asked`, {
    remedy: 'Ask the current classifier.',
    retriable: true,
  });
}

function wrongDimension(length: number, dimension: number): LetheError {
  return new LetheError('wrong-dimension', `${length} numbers are no vectors of ${dimension} components`, {
    field: 'vectors',
    value: String(length),
    remedy: `Send vectors of ${dimension} components, as the model was trained on.`,
  });
}
