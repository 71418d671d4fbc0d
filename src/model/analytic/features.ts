import type { DoubleProducts } from '../../blas/doubleProducts.js';
import { randomOf } from '../ssre/random.js';
import type { AnalyticConfig } from './config.js';
import { toFixedPoint } from './fixedPoint.js';

/** Entries of R are whole multiples of 2^-12, so that z R is exact, whichever vectors are computed together. */
const ENTRY_UNIT = 2 ** 12;

/** phi: from a vector to its features. */
export interface FeatureMap {
  /** Components of a vector. */
  readonly dimension: number;
  /** Features of a vector. */
  readonly width: number;
  /** R with entries from N(0, 1), shape [dimension, width]; null where features are the vector itself. */
  readonly projection: Float64Array | null;
  /** What ReLU(z R) is multiplied by, so that features are about of length 1 as vectors are: sqrt(2 / width). */
  readonly scale: number;
}

/** The feature map of these settings: the same for the same seed, dimension and width. */
export function featureMap(
  dimension: number,
  { projection, seed }: Pick<AnalyticConfig, 'projection' | 'seed'>,
): FeatureMap {
  if (projection === 0) return { dimension, width: dimension, projection: null, scale: 1 };
  const random = randomOf(seed, dimension, projection);
  const entries = new Float64Array(dimension * projection);
  for (let at = 0; at < entries.length; at++) {
    entries[at] = Math.round(random.normal() * ENTRY_UNIT) / ENTRY_UNIT;
  }
  return { dimension, width: projection, projection: entries, scale: Math.sqrt(2 / projection) };
}

/**
 * Features of the vectors as whole numbers of 2^-16: the same for a vector whatever others it comes with.
 * @param vectors unit vectors, shape [n, dimension]
 * @returns shape [n, width]
 * @throws LetheError `invalid-vector`
 */
export async function featuresOf(
  vectors: Float32Array,
  { dimension, projection, scale }: FeatureMap,
  products: DoubleProducts,
): Promise<Float64Array> {
  const fixed = toFixedPoint(vectors, dimension);
  if (projection === null || fixed.length === 0) return fixed;
  const features = await products.times(fixed, projection, dimension);
  for (let at = 0; at < features.length; at++) {
    features[at] = Math.round(Math.max(features[at] as number, 0) * scale);
  }
  return features;
}
