import { LetheError } from './errors.js';

/** L2 norm of `vector` (float64 accumulation). */
export function norm(vector: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += (vector[i] as number) ** 2;
  return Math.sqrt(sum);
}

/**
 * A new unit vector in the direction of `vector`; cosine similarity is then a dot product.
 * @throws LetheError `invalid-vector` where a component is not finite or all are zero
 */
export function normalised(vector: Float32Array): Float32Array {
  const length = norm(vector);
  if (!Number.isFinite(length)) {
    const at = vector.findIndex((component) => !Number.isFinite(component));
    throw new LetheError('invalid-vector', `component ${at} of the vector is not finite`, {
      field: `vector.${at}`,
      value: String(vector[at]),
      remedy: 'Send only finite float32 numbers. Check the embedding for a division by zero or an overflow.',
    });
  }
  if (length === 0) {
    throw new LetheError('invalid-vector', 'the vector is all zeros, so it has no direction', {
      field: 'vector',
      value: '0',
      remedy: 'Send an embedding with at least one component other than zero.',
    });
  }
  const unit = new Float32Array(vector.length);
  for (let i = 0; i < vector.length; i++) unit[i] = (vector[i] as number) / length;
  return unit;
}

/** Dot product of two vectors of one length; the cosine similarity of unit vectors. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/**
 * The rows of equal length laid one after the other: shape [rows.length, dimension].
 * @throws RangeError where a row has another length
 */
export function stacked(rows: readonly Float32Array[], dimension: number): Float32Array<ArrayBuffer> {
  const matrix = new Float32Array(rows.length * dimension);
  rows.forEach((row, index) => {
    if (row.length !== dimension)
      throw new RangeError(`row ${index} has ${row.length} components, not ${dimension}`);
    matrix.set(row, index * dimension);
  });
  return matrix;
}

/** Row `index` of a [n, dimension] matrix, as a view that shares its memory. */
export function rowOf(matrix: Float32Array, index: number, dimension: number): Float32Array {
  return matrix.subarray(index * dimension, (index + 1) * dimension);
}
