import { createDoubleProducts } from '../blas/doubleProducts.js';
import { normalised, stacked } from '../domain/vector.js';
import { analyticConfigSchema } from '../model/analytic/config.js';
import { featureMap } from '../model/analytic/features.js';
import { NO_CLASSES, revise } from '../model/analytic/revise.js';
import { auroc } from './auroc.js';
import type { Vectors } from './systems.js';

/**
 * How well a linear probe tells one kind of vectors from another: ridge regression, fitted on every other vector of each
 * kind, judged on the rest.
 * @returns AUROC on the vectors it was not fitted on; 0.5 where nothing can be told
 */
export async function probe(positives: Vectors, negatives: Vectors): Promise<number> {
  const dimension = positives[0]?.length ?? 0;
  if (dimension === 0 || negatives.length === 0) return Number.NaN;
  const odd = (all: Vectors): Vectors => all.filter((_, index) => index % 2 === 1).map(normalised);
  const even = (all: Vectors): Vectors => all.filter((_, index) => index % 2 === 0).map(normalised);
  const [yes, no] = [even(positives), even(negatives)];
  const learned = {
    classes: ['yes', 'no'],
    vectors: stacked([...yes, ...no], dimension),
    labels: Int32Array.from([...yes.map(() => 0), ...no.map(() => 1)]),
  };
  const config = analyticConfigSchema.parse({ calibrate: false, projection: 0 });
  const map = featureMap(dimension, config);
  const products = await createDoubleProducts();
  const { weights } = await revise(null, { learned, forgotten: NO_CLASSES }, config, map, products);
  const score = (vector: Float32Array): number =>
    vector.reduce(
      (sum, value, i) => sum + value * ((weights[i] as number) - (weights[dimension + i] as number)),
      0,
    );
  return auroc(odd(positives).map(score), odd(negatives).map(score));
}
