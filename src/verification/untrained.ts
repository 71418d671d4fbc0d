import { randomOf } from '../model/ssre/random.js';
import type { ModelView } from './systems.js';

const WIDTH = 256;

/** A network of one hidden layer whose weights are random (He et al. 2015) and were never trained. */
export function untrained(classes: readonly string[], dimension: number, seed: number): ModelView {
  const random = randomOf(seed, 11);
  const normal = (count: number, deviation: number): Float64Array =>
    Float64Array.from({ length: count }, () => deviation * random.normal());
  const first = normal(WIDTH * dimension, Math.sqrt(2 / dimension));
  const last = normal(classes.length * WIDTH, Math.sqrt(2 / WIDTH));
  const features = (vector: Float32Array): Float32Array =>
    Float32Array.from({ length: WIDTH }, (_, row) =>
      Math.max(
        0,
        vector.reduce((sum, value, i) => sum + value * (first[row * dimension + i] as number), 0),
      ),
    );
  return {
    classes,
    features: async (vectors) => vectors.map(features),
    logits: async (vectors) =>
      vectors.map((vector) => {
        const hidden = features(vector);
        return Float32Array.from({ length: classes.length }, (_, row) =>
          hidden.reduce((sum, value, i) => sum + value * (last[row * WIDTH + i] as number), 0),
        );
      }),
  };
}
