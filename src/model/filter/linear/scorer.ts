import { createMatrixProduct, type MatrixProduct } from '../../../blas/matrixProduct.js';
import type { Detector } from './detector.js';

/**
 * Scores of vectors for all classes of a detector: one matrix product for a batch, whatever lies in the databases.
 * @param vectors of `dimension` components each
 * @returns shape [vectors.length, classes]
 */
export type Scorer = (vectors: readonly Float32Array[]) => Promise<Float32Array>;

/** A product with one row runs another kernel, which rounds otherwise; an answer must not depend on its batch. */
const LEAST_ROWS = 2;

/** Makes scorers, which share what multiplies. */
export function createScorers(): (detector: Detector) => Scorer {
  let product: Promise<MatrixProduct> | undefined;
  const shared = (): Promise<MatrixProduct> => {
    product ??= createMatrixProduct();
    return product;
  };
  return (detector) => scorerOf(detector, shared);
}

function scorerOf({ rows, biases, dimension }: Detector, product: () => Promise<MatrixProduct>): Scorer {
  const classes = biases.length;
  const columns = new Float32Array(rows.length);
  for (let k = 0; k < classes; k++) {
    for (let i = 0; i < dimension; i++) columns[i * classes + k] = rows[k * dimension + i] as number;
  }
  return async (vectors) => {
    const matrix = new Float32Array(Math.max(LEAST_ROWS, vectors.length) * dimension);
    vectors.forEach((vector, row) => {
      matrix.set(vector, row * dimension);
    });
    const scores = new Float32Array((matrix.length / dimension) * classes);
    await (await product()).into(scores, matrix, columns, dimension);
    for (let at = 0; at < scores.length; at++)
      scores[at] = (scores[at] as number) + (biases[at % classes] as number);
    return scores.subarray(0, vectors.length * classes);
  };
}
