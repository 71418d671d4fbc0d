import { LetheError } from '../domain/errors.js';
import type { VectorRecord } from './vectorDatabase.js';

/**
 * What every adapter refuses before it stores anything.
 * @throws LetheError `wrong-dimension` that names the first record of another dimension
 */
export function refuseWrongDimensions(records: readonly VectorRecord[], dimension: number): void {
  records.forEach(({ id, vector }, index) => {
    if (vector.length !== dimension)
      throw wrongDimension(`records.${index}.vector`, vector.length, dimension, `the vector of "${id}"`);
  });
}

/**
 * What every adapter refuses before it searches.
 * @throws RangeError where no neighbour is asked for, LetheError `wrong-dimension`
 */
export function refuseWrongQueries(queries: Float32Array, k: number, dimension: number): void {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`k is ${k}; ask for at least one neighbour`);
  if (queries.length % dimension !== 0)
    throw wrongDimension('queries', queries.length, dimension, 'the vectors asked for');
}

/** @throws RangeError where a scan can't be cut into batches of this size */
export function refuseWrongBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) throw new RangeError(`batchSize is ${batchSize}`);
}

function wrongDimension(field: string, length: number, dimension: number, whose: string): LetheError {
  return new LetheError('wrong-dimension', `${whose} has ${length} components, not ${dimension}`, {
    field,
    value: String(length),
    remedy: `Send vectors of ${dimension} components, from the embedder of this deployment.`,
  });
}
