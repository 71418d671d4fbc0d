import { EMPTY, mergeMap, type OperatorFunction, of } from 'rxjs';
import { readOr } from '../domain/readOr.js';
import type { LogRecord } from '../domain/record.js';

/**
 * The messages of a topic. Records that are none, which anyone may write there, are passed over: they are no answer to
 * anything, and nobody who waits for one may be kept from it.
 */
export function readable<T>(decode: (record: LogRecord) => T): OperatorFunction<LogRecord, T> {
  return mergeMap((record) => {
    const message = readOr(() => decode(record));
    return message === undefined ? EMPTY : of(message);
  });
}
