import { EMPTY, mergeMap, type OperatorFunction, of } from 'rxjs';
import { readOr } from '../domain/readOr.js';
import type { LogRecord } from '../domain/record.js';

/**
 * The messages of a topic. Records that are none, which anyone may write there, are skipped: they answer nothing, and
 * must not block a reader.
 */
export function readable<T>(decode: (record: LogRecord) => T): OperatorFunction<LogRecord, T> {
  return mergeMap((record) => {
    const message = readOr(() => decode(record));
    return message === undefined ? EMPTY : of(message);
  });
}
