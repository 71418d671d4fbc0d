import type { OperatorFunction } from 'rxjs';
import { LetheError, toLetheError } from '../domain/errors.js';
import type { LogRecord } from '../domain/record.js';
import { type Accepted, accepted, type Flow, rejected } from './flow.js';
import { mapInBatches } from './mapInBatches.js';
import { mapOrdered } from './mapOrdered.js';

/** Maps accepted values, `concurrency` at once, order kept; a throw refuses the record. Refused ones pass. */
export function mapAcceptedOrdered<T, R>(
  concurrency: number,
  project: (value: T, source: LogRecord) => Promise<R>,
): OperatorFunction<Flow<T>, Flow<R>> {
  return mapOrdered(concurrency, async (item): Promise<Flow<R>> => {
    if (!item.ok) return item;
    try {
      return accepted(await project(item.value, item.source), item.source);
    } catch (error) {
      return rejected(toLetheError(error), item.source);
    }
  });
}

/**
 * Maps the accepted values of each batch together (see {@link mapInBatches}); order kept, refused ones pass.
 * A result that is a {@link LetheError} refuses its record; a throw refuses all of the batch.
 * @param project gets the accepted values of a batch, gives one result for each
 * @param concurrency how many batches may be under way
 */
export function mapAcceptedInBatches<T, R>(
  maxSize: number,
  project: (values: readonly T[], sources: readonly LogRecord[]) => Promise<readonly (R | LetheError)[]>,
  concurrency = 1,
): OperatorFunction<Flow<T>, Flow<R>> {
  const projectBatch = async (batch: readonly Flow<T>[]): Promise<Flow<R>[]> => {
    const taken = batch.filter((item): item is Accepted<T> => item.ok);
    const results = await projectAll(taken, project);
    let next = 0;
    return batch.map((item) => {
      if (!item.ok) return item;
      const result = results[next++] as R | LetheError;
      return result instanceof LetheError ? rejected(result, item.source) : accepted(result, item.source);
    });
  };
  return mapInBatches(maxSize, projectBatch, concurrency);
}

async function projectAll<T, R>(
  items: readonly Accepted<T>[],
  project: (values: readonly T[], sources: readonly LogRecord[]) => Promise<readonly (R | LetheError)[]>,
): Promise<readonly (R | LetheError)[]> {
  if (items.length === 0) return [];
  try {
    return await project(
      items.map((item) => item.value),
      items.map((item) => item.source),
    );
  } catch (error) {
    const refusal = toLetheError(error);
    return items.map(() => refusal);
  }
}
