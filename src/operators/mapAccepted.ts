import type { OperatorFunction } from 'rxjs';
import { LetheError, toLetheError } from '../domain/errors.js';
import type { LogRecord } from '../domain/record.js';
import { type Accepted, accepted, type Flow, rejected } from './flow.js';
import { mapInBatches } from './mapInBatches.js';
import { mapOrdered } from './mapOrdered.js';

/**
 * Maps accepted values, `concurrency` at once, order kept. A throw refuses the record; a retriable {@link LetheError} is
 * about what passes, not about the record: it fails the stream, which is started again. Refused ones pass.
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
 * Maps the accepted values of each batch together (see {@link mapInBatches}); order kept, refused ones pass.
 * A result that is a {@link LetheError} refuses its record. Where a batch throws, its values are projected one by one, so
 * that none is refused for another. What one alone throws refuses it, if it is a {@link LetheError} that is not retriable;
 * anything else fails the stream: it is no verdict on the record, since a store or a model failed.
 * @param project gets the accepted values of a batch, gives one result for each; may be called again with a part of them
 * @param concurrency how many batches may be under way
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

/** Whether the same may succeed later: then it is not the record's fault. */
function passes(error: unknown): boolean {
  return error instanceof LetheError && error.retriable;
}
