import { stacked } from 'lethe/internal/domain/vector.js';
import type { Classifier } from 'lethe/internal/model/classifier.js';

/** Test inputs with their true classes. */
export interface TestSet {
  readonly ids: readonly string[];
  /** Unit vectors. */
  readonly vectors: readonly Float32Array[];
  readonly truths: readonly string[];
  /** The images behind the vectors, for classifiers that see those. */
  readonly images?: readonly Float32Array[];
}

/** The test inputs of some classes. */
export function ofClasses({ ids, vectors, truths, images }: TestSet, classes: readonly string[]): TestSet {
  const chosen = [...truths.keys()].filter((index) => classes.includes(truths[index] as string));
  const pick = <T>(all: readonly T[]): T[] => chosen.map((index) => all[index] as T);
  return {
    ids: pick(ids),
    vectors: pick(vectors),
    truths: pick(truths),
    ...(images && { images: pick(images) }),
  };
}

/**
 * The test inputs as this classifier sees them, row by row: shape [n, classifier.dimension].
 * @throws RangeError where it sees images and the test set has none
 */
export function inputsFor({ sees, dimension }: Classifier, { vectors, images }: TestSet): Float32Array {
  if (sees !== 'images') return stacked(vectors, dimension);
  if (!images) throw new RangeError('the test set has no images');
  return stacked(images, dimension);
}
