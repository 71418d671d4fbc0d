import { computed } from '../tensorflow/computed.js';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import type { SsreConfig } from './config.js';
import type { Prototype } from './network.js';
import { normals, type Random } from './random.js';

/** Features that stand for the old classes' inputs, which are gone. */
export interface Replay {
  /** Shape [n, width]. */
  readonly features: Float32Array;
  /** Which prototype each was drawn from; n numbers. */
  readonly labels: Int32Array;
}

/**
 * Draws `n` prototypes with replacement (SSRE's oversampling), each with noise: none (SSRE), of one size in all directions
 * (`radius`, PASS) or as the class's features spread (`covariance`). Features come out of a ReLU, so none is negative.
 */
export function drawReplay(
  tf: Tensorflow,
  prototypes: readonly Prototype[],
  n: number,
  noise: SsreConfig['replayNoise'],
  random: Random,
): Replay {
  const width = prototypes[0]?.mean.length ?? 0;
  const labels = Int32Array.from({ length: n }, () => random.below(prototypes.length));
  const features = new Float32Array(n * width);
  const radius = radiusOf(prototypes);
  prototypes.forEach((prototype, number) => {
    const rows = [...labels.keys()].filter((row) => labels[row] === number);
    const deviations =
      noise === 'covariance'
        ? alongSpread(tf, prototype, rows.length, random)
        : normals(rows.length * width, noise === 'radius' ? radius : 0, random);
    rows.forEach((row, index) => {
      for (let i = 0; i < width; i++) {
        const value = (prototype.mean[i] as number) + (deviations[index * width + i] as number);
        features[row * width + i] = Math.max(value, 0);
      }
    });
  });
  return { features, labels };
}

/** Deviations from the mean of the class's own covariance: shape [n, width]. */
function alongSpread(tf: Tensorflow, { mean, spread }: Prototype, n: number, random: Random): Float32Array {
  if (n === 0) return new Float32Array(0);
  const width = mean.length;
  const directions = spread.length / width;
  return computed(tf, () => {
    const factors = tf.tensor2d(normals(n * directions, 1, random), [n, directions]);
    return tf.matMul(factors, tf.tensor2d(spread, [directions, width])).dataSync<'float32'>();
  });
}

/** r = sqrt(mean_c tr(Sigma_c) / width): PASS's radius. */
export function radiusOf(prototypes: readonly Prototype[]): number {
  let traces = 0;
  let components = 0;
  for (const { mean, spread } of prototypes) {
    for (const value of spread) traces += value * value;
    components += mean.length;
  }
  return Math.sqrt(traces / components);
}
