import { setImmediate } from 'node:timers/promises';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import { LetheError } from '../../domain/errors.js';
import type { Classifier } from '../classifier.js';
import { computed } from './computed.js';
import type { Tensorflow } from './tensorflow.js';

/** Rows computed at a time; the event loop is free in between. */
const ROWS = 128;

/** What a classifier on the device is made of. */
export interface ClassifierParts
  extends Pick<Classifier, 'version' | 'classes' | 'dimension' | 'backend' | 'temperatureFactor'> {
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
  let underWay = 0;
  const free = (): void => {
    if (disposed && underWay === 0) for (const tensor of tensors) tensor.dispose();
  };
  const inParts = async (
    vectors: Float32Array,
    columns: number,
    of: (x: Tensor2D) => Tensor2D,
  ): Promise<Float32Array> => {
    if (disposed) throw gone(version);
    if (vectors.length % dimension !== 0) throw wrongDimension(vectors.length, dimension);
    const count = vectors.length / dimension;
    const result = new Float32Array(count * columns);
    underWay++;
    try {
      for (let start = 0; start < count && columns > 0; start += ROWS) {
        if (start > 0) await setImmediate();
        const end = Math.min(start + ROWS, count);
        const rows = vectors.subarray(start * dimension, end * dimension);
        const part = computed(tf, () =>
          of(tf.tensor2d(rows, [end - start, dimension])).dataSync<'float32'>(),
        );
        result.set(part, start * columns);
      }
    } finally {
      underWay--;
      free();
    }
    return result;
  };
  return {
    ...identity,
    logits: (vectors) => inParts(vectors, classes.length, (x) => logitsOf(featuresOf(x))),
    features: (vectors) => inParts(vectors, width, featuresOf),
    dispose: () => {
      if (disposed) return;
      disposed = true;
      free();
    },
  };
}

function gone(version: string): LetheError {
  return new LetheError('internal', `classifier ${version} was used after its disposal`, {
    remedy: 'Use the current classifier.',
    retriable: true,
  });
}

function wrongDimension(length: number, dimension: number): LetheError {
  return new LetheError('wrong-dimension', `${length} numbers are not vectors of ${dimension} components`, {
    field: 'vectors',
    value: String(length),
    remedy: `Send vectors of ${dimension} components, like those of the training.`,
  });
}
