import { from, map, type ObservableInput, type OperatorFunction } from 'rxjs';
import { mapInBatches } from './mapInBatches.js';

/**
 * Like `mergeMap` with a limit on concurrency, but results come out in the order of the source.
 *
 * ```
 * source:   6-1-2------|
 * each digit takes that many frames; concurrency 3
 *           ------(612)|
 * ```
 * @param concurrency how many projections may run at a time
 * @param project maps a value to its results
 */
export function mapOrdered<T, R>(
  concurrency: number,
  project: (value: T) => ObservableInput<R>,
): OperatorFunction<T, R> {
  const one = (batch: readonly T[]) => from(project(batch[0] as T)).pipe(map((result) => [result]));
  return mapInBatches(1, one, concurrency);
}
