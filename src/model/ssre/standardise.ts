import type { SsreConfig } from './config.js';
import type { Linear } from './network.js';

/** Mean of the input's components over the first task, and what they are divided by; each of shape [dimension]. */
export interface Standardisation {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/** Below this share of the mean deviation a component counts as nearly constant, and is not blown up. */
const SMALLEST_SHARE = 0.1;

/**
 * Mean and standard deviation of each of the vectors' components; vectors of shape [n, dimension].
 * @param scale with `common`, every component is divided by the root of the mean variance: the result of rotated vectors is the
 * rotated result
 */
export function standardisationOf(
  vectors: Float32Array,
  dimension: number,
  scale: SsreConfig['scale'],
): Standardisation {
  const count = vectors.length / dimension;
  const sums = new Float64Array(dimension);
  const squares = new Float64Array(dimension);
  for (let at = 0; at < vectors.length; at += dimension) {
    for (let i = 0; i < dimension; i++) {
      const value = vectors[at + i] as number;
      sums[i] = (sums[i] as number) + value;
      squares[i] = (squares[i] as number) + value * value;
    }
  }
  const mean = Float32Array.from(sums, (sum) => sum / count);
  const variances = squares.map((square, i) =>
    Math.max(square / count - ((sums[i] as number) / count) ** 2, 0),
  );
  if (scale === 'common') {
    const deviation = Math.sqrt(variances.reduce((sum, value) => sum + value, 0) / dimension) || 1;
    return { mean, deviation: new Float32Array(dimension).fill(deviation) };
  }
  const deviation = Float32Array.from(variances, Math.sqrt);
  const floor = SMALLEST_SHARE * (deviation.reduce((sum, value) => sum + value, 0) / dimension) || 1;
  return { mean, deviation: deviation.map((value) => Math.max(value, floor)) };
}

/** (x - mean) / deviation of every vector, in an array of its own. */
export function standardised(vectors: Float32Array, { mean, deviation }: Standardisation): Float32Array {
  const dimension = mean.length;
  return vectors.map((value, at) => {
    const i = at % dimension;
    return (value - (mean[i] as number)) / (deviation[i] as number);
  });
}

/**
 * The layer that does to x what `layer` does to (x - mean) / deviation: W'_ij = W_ij / deviation_i and
 * b'_j = b_j - sum_i W'_ij mean_i. It is to the stem what folding batch normalisation is to SSRE's convolutions.
 */
export function foldedInto(layer: Linear, { mean, deviation }: Standardisation): Linear {
  const { inputs, outputs } = layer;
  const weights = new Float32Array(layer.weights.length);
  const shift = new Float64Array(outputs);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++) {
      const weight = (layer.weights[i * outputs + j] as number) / (deviation[i] as number);
      weights[i * outputs + j] = weight;
      shift[j] = (shift[j] as number) + weight * (mean[i] as number);
    }
  }
  return { inputs, outputs, weights, bias: layer.bias.map((value, j) => value - (shift[j] as number)) };
}
