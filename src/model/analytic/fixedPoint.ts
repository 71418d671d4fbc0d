import { LetheError } from '../../domain/errors.js';

/**
 * Features are whole multiples of 2^-16: products and sums of such numbers are exact in float64 up to 2^53, so that what
 * was added in any order can be subtracted in any other, and nothing is left of it.
 */
export const UNIT = 2 ** 16;
/** Sums beyond this would be rounded. With features of length 1 it takes over two million vectors to get there. */
export const EXACT = 2 ** 53;
/** A component of a unit vector is at most 1; more than this is no rounding error. */
const LARGEST = 2;

/**
 * The vectors' components as whole numbers of 2^-16, shape as given.
 * @param vectors unit vectors, shape [n, dimension]
 * @throws LetheError `invalid-vector` where a component is not finite or far from those of a unit vector
 */
export function toFixedPoint(vectors: Float32Array, dimension: number): Float64Array {
  const fixed = new Float64Array(vectors.length);
  for (let at = 0; at < vectors.length; at++) {
    const value = vectors[at] as number;
    if (!(Math.abs(value) <= LARGEST)) throw notUnit(value, Math.floor(at / dimension));
    fixed[at] = Math.round(value * UNIT);
  }
  return fixed;
}

function notUnit(value: number, row: number): LetheError {
  return new LetheError(
    'invalid-vector',
    `vector ${row} is not a unit vector: it has the component ${value}`,
    {
      field: `vectors.${row}`,
      value: String(value),
      remedy: 'Train only on finite vectors of length 1.',
    },
  );
}
