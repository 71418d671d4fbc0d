import type { DoubleProducts } from '../../blas/doubleProducts.js';
import { LetheError } from '../../domain/errors.js';
import type { ClassVectors } from '../trainer.js';
import type { AnalyticConfig } from './config.js';
import { type FeatureMap, featuresOf } from './features.js';
import { EXACT } from './fixedPoint.js';

/** Rows whose features are computed together: bounds memory. */
const ROWS = 2048;

/** How much all vectors of a class count together, where classes are balanced. */
export const CLASS_WEIGHT = 1024;

/**
 * w: how much each vector of a class of so many counts. It depends on nothing but its own class, so that another one can be
 * taken out exactly.
 */
export function vectorWeight(count: number, { balance }: Pick<AnalyticConfig, 'balance'>): number {
  return balance ? CLASS_WEIGHT / count : 1;
}

/** All that the head is made from, in whole numbers: exact sums over all vectors of the known classes. */
export interface Statistics {
  /** Features of a vector. */
  readonly width: number;
  /** G = sum w phi phi^T in units of 2^-32: its upper triangle row by row, width (width + 1) / 2 numbers. */
  readonly gram: Float64Array;
  /** Sum of the sqrt(w) phi of each class in units of 2^-16, shape [classes, width]. */
  readonly sums: Float64Array;
  /** Vectors of each class. */
  readonly counts: readonly number[];
}

/** Statistics of nothing. */
export function noStatistics(width: number): Statistics {
  return {
    width,
    gram: new Float64Array((width * (width + 1)) / 2),
    sums: new Float64Array(0),
    counts: [],
  };
}

/**
 * The statistics of some classes alone.
 * @throws LetheError `wrong-dimension`, `invalid-vector`
 */
export async function statisticsOf(
  { classes, vectors, labels }: ClassVectors,
  config: Pick<AnalyticConfig, 'balance'>,
  map: FeatureMap,
  products: DoubleProducts,
): Promise<Statistics> {
  const { dimension, width } = map;
  if (vectors.length !== labels.length * dimension) {
    throw wrongDimension(vectors.length, labels.length, dimension);
  }
  const own = noStatistics(width);
  const sums = new Float64Array(classes.length * width);
  const counts = classes.map(() => 0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  const scales = counts.map((count) => Math.sqrt(vectorWeight(count, config)));
  for (let start = 0; start < labels.length; start += ROWS) {
    const end = Math.min(start + ROWS, labels.length);
    const features = await featuresOf(vectors.subarray(start * dimension, end * dimension), map, products);
    if (config.balance) {
      for (let at = 0; at < features.length; at++) {
        const label = labels[start + Math.floor(at / width)] as number;
        features[at] = Math.round((features[at] as number) * (scales[label] as number));
      }
    }
    addUpper(own.gram, await products.gram(features, width), width);
    labels.subarray(start, end).forEach((label, row) => {
      for (let i = 0; i < width; i++) {
        sums[label * width + i] = (sums[label * width + i] as number) + (features[row * width + i] as number);
      }
    });
  }
  return { ...own, sums, counts };
}

/**
 * What is known after classes were added. Exact, like everything here.
 * @throws LetheError `training-failed` where the sums become too large to be exact
 */
export function joined(known: Statistics, added: Statistics): Statistics {
  const gram = known.gram.map((value, at) => value + (added.gram[at] as number));
  refuseInexact(gram, known.width);
  const sums = new Float64Array(known.sums.length + added.sums.length);
  sums.set(known.sums);
  sums.set(added.sums, known.sums.length);
  return { width: known.width, gram, sums, counts: [...known.counts, ...added.counts] };
}

/**
 * What is known after classes were taken out: as if they had never been added.
 * @param places of the classes in `known`, in the order of `removed`
 * @throws LetheError `training-failed` where `removed` is not what was added of them
 */
export function without(known: Statistics, removed: Statistics, places: readonly number[]): Statistics {
  const { width } = known;
  places.forEach((place, index) => {
    if (!isSameClass(known, place, removed, index)) throw otherVectors(index);
  });
  const kept = [...known.counts.keys()].filter((place) => !places.includes(place));
  const sums = new Float64Array(kept.length * width);
  kept.forEach((place, index) => {
    sums.set(known.sums.subarray(place * width, (place + 1) * width), index * width);
  });
  return {
    width,
    gram: known.gram.map((value, at) => value - (removed.gram[at] as number)),
    sums,
    counts: kept.map((place) => known.counts[place] as number),
  };
}

/** The same number of vectors with the same sum, to the last bit. */
function isSameClass(a: Statistics, inA: number, b: Statistics, inB: number): boolean {
  if (a.counts[inA] !== b.counts[inB]) return false;
  const { width } = a;
  for (let i = 0; i < width; i++) {
    if (a.sums[inA * width + i] !== b.sums[inB * width + i]) return false;
  }
  return true;
}

function addUpper(packed: Float64Array, full: Float64Array, width: number): void {
  let at = 0;
  for (let i = 0; i < width; i++) {
    for (let j = i; j < width; j++) {
      packed[at] = (packed[at] as number) + (full[i * width + j] as number);
      at++;
    }
  }
}

/** No entry of G is larger than the largest on its diagonal (Cauchy and Schwarz). */
function refuseInexact(gram: Float64Array, width: number): void {
  let at = 0;
  for (let i = 0; i < width; i++) {
    if ((gram[at] as number) >= EXACT) {
      throw new LetheError('training-failed', 'there are too many vectors for exact sums', {
        field: 'vectors',
        remedy: 'Learn fewer vectors, or set learning.learner to ssre.',
      });
    }
    at += width - i;
  }
}

function otherVectors(index: number): LetheError {
  return new LetheError(
    'training-failed',
    'the vectors of a class to subtract are not those that it was learned with',
    {
      field: `forgotten.classes.${index}`,
      remedy: 'Give exactly the vectors that the class was learned with, or learn all other classes anew.',
    },
  );
}

function wrongDimension(numbers: number, count: number, dimension: number): LetheError {
  return new LetheError(
    'wrong-dimension',
    `${numbers} numbers are not ${count} vectors of ${dimension} components`,
    {
      field: 'vectors',
      value: String(numbers),
      remedy: `Send vectors of ${dimension} components, as many as labels.`,
    },
  );
}
