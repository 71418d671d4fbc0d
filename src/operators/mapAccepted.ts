import type { OperatorFunction } from 'rxjs';
import { LetheError, toLetheError } from '../domain/errors.js';
import type { LogRecord } from '../domain/record.js';
import { type Accepted, accepted, type Flow, rejected } from './flow.js';
import { mapInBatches } from './mapInBatches.js';
import { mapOrdered } from './mapOrdered.js';

/**
 * Maps accepted values, `concurrency` at a time, in order; refused ones pass. An exception refuses the record, except
 * a retriable {@link LetheError}, which describes a temporary failure and not the record: it fails the stream, which
 * is then restarted.
 */
export function mapAcceptedOrdered<T, R>(
  concurrency: number,
  project: (value: T, source: LogRecord) => Promise<R>,
): OperatorFunction<Flow<T>, Flow<R>> {
  return mapOrdered(concurrency, async (item): Promise<Flow<R>> => {
    if (!item.ok) return item;
    try {
      return accepted(await project(item.value, item.source), item.source);
    } catch (error) {
      if (passes(error)) throw error;
      return rejected(toLetheError(error), item.source);
    }
  });
}

type Project<T, R> = (
  values: readonly T[],
  sources: readonly LogRecord[],
) => Promise<readonly (R | LetheError)[]>;

/**
 * Maps the accepted values of each batch together (see {@link mapInBatches}), in order; refused ones pass. A result
 * that is a {@link LetheError} refuses its record. If a batch throws, its values are projected one by one, so that
 * none is refused because of another. What a single value throws refuses its record, if it is a {@link LetheError}
 * that is not retriable. Anything else fails the stream: it is no verdict on the record, because a store or a model
 * failed.
 * @param project gets the accepted values of a batch and returns one result for each; may be called again with a part
 * of them
 * @param concurrency largest number of batches in progress
 */
export function mapAcceptedInBatches<T, R>(
  maxSize: number,
  project: Project<T, R>,
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
  project: Project<T, R>,
): Promise<readonly (R | LetheError)[]> {
  if (items.length === 0) return [];
  try {
    return await project(
      items.map((item) => item.value),
      items.map((item) => item.source),
    );
  } catch (error) {
    if (passes(error)) throw error;
    if (items.length > 1) {
      const results: (R | LetheError)[] = [];
      for (const item of items) results.push(...(await projectAll([item], project)));
      return results;
    }
    if (error instanceof LetheError) return [error];
    throw error;
  }
}

/** Whether a retry may succeed: then the record is not at fault. */
function passes(error: unknown): boolean {
  return error instanceof LetheError && error.retriable;
}
