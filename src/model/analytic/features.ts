import type { DoubleProducts } from '../../blas/doubleProducts.js';
import { randomOf } from '../ssre/random.js';
import type { AnalyticConfig } from './config.js';
import { toFixedPoint } from './fixedPoint.js';

/** Entries of R are whole multiples of 2^-12, so that z R is exact, whichever vectors are computed together. */
const ENTRY_UNIT = 2 ** 12;

/** With `projection: auto`, vectors of as many components or more have no added features: they separate classes linearly. */
const LINEAR_FROM = 1024;
/** Others have so many at most, and no more than make this width in all: a step takes time with its third power. */
const MOST_ADDED = 1024;
const MOST_IN_ALL = 1536;

/** phi(z) = [z, ReLU(z R)]: from a vector to its features [RanPAC, arXiv 2307.02251, beside the vector itself]. */
export interface FeatureMap {
  /** Components of a vector. */
  readonly dimension: number;
  /** Features of a vector. */
  readonly width: number;
  /** R with entries from N(0, 1), shape [dimension, width - dimension]; null where features are the vector itself. */
  readonly projection: Float64Array | null;
  /** What ReLU(z R) is multiplied by, so that it is about of length 1 as vectors are: sqrt(2 / (width - dimension)). */
  readonly scale: number;
}

/** How many features there are beside the components of a vector. */
export function addedFeatures(dimension: number, { projection }: Pick<AnalyticConfig, 'projection'>): number {
  if (projection !== 'auto') return projection;
  return dimension < LINEAR_FROM ? Math.min(MOST_ADDED, MOST_IN_ALL - dimension) : 0;
}

/** The feature map of these settings: the same for the same seed, dimension and width. */
export function featureMap(
  dimension: number,
  { projection, seed }: Pick<AnalyticConfig, 'projection' | 'seed'>,
): FeatureMap {
  const added = addedFeatures(dimension, { projection });
  if (added === 0) return { dimension, width: dimension, projection: null, scale: 1 };
  const random = randomOf(seed, dimension, added);
  const entries = new Float64Array(dimension * added);
  for (let at = 0; at < entries.length; at++) {
    entries[at] = Math.round(random.normal() * ENTRY_UNIT) / ENTRY_UNIT;
  }
  return { dimension, width: dimension + added, projection: entries, scale: Math.sqrt(2 / added) };
}

/**
 * Features of the vectors as whole numbers of 2^-16: the same for a vector whatever others it comes with.
 * @param vectors unit vectors, shape [n, dimension]
 * @returns shape [n, width]
 * @throws LetheError `invalid-vector`
 */
export async function featuresOf(
  vectors: Float32Array,
  { dimension, width, projection, scale }: FeatureMap,
  products: DoubleProducts,
): Promise<Float64Array> {
  const fixed = toFixedPoint(vectors, dimension);
  if (projection === null || fixed.length === 0) return fixed;
  const projected = await products.times(fixed, projection, dimension);
  const rows = fixed.length / dimension;
  const added = width - dimension;
  const features = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    features.set(fixed.subarray(row * dimension, (row + 1) * dimension), row * width);
    for (let i = 0; i < added; i++) {
      const value = Math.max(projected[row * added + i] as number, 0);
      features[row * width + dimension + i] = Math.round(value * scale);
    }
  }
  return features;
}
