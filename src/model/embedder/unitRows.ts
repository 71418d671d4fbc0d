import { LetheError } from '../../domain/errors.js';
import { norm, rowOf } from '../../domain/vector.js';

/**
 * Scales every row of a [n, dimension] matrix to length 1, in place.
 * @throws LetheError `embedder-invalid` where the network gave a row without a direction (zeros, NaN, infinity)
 */
export function scaleRowsToUnit<M extends Float32Array>(matrix: M, dimension: number, embedder: string): M {
  for (let row = 0; row * dimension < matrix.length; row++) {
    const vector = rowOf(matrix, row, dimension);
    const length = norm(vector);
    if (!Number.isFinite(length) || length === 0) {
      throw new LetheError('embedder-invalid', `embedder ${embedder} gave a vector of length ${length}`, {
        field: 'embedder',
        value: embedder,
        remedy:
          'Check scale, mean, std and channel order in its description, and that the output is the embedding.',
        evidence: { image: row },
      });
    }
    for (let i = 0; i < dimension; i++) vector[i] = (vector[i] as number) / length;
  }
  return matrix;
}
