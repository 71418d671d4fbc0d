import { EMPTY, mergeMap, type OperatorFunction, of } from 'rxjs';
import { LetheError } from '../domain/errors.js';
import type { LogRecord } from '../domain/record.js';

/**
 * The messages of a topic. Records that are none, which anyone may write there, are passed over: they are no answer to
 * anything, and nobody who waits for one may be kept from it.
 */
export function readable<T>(decode: (record: LogRecord) => T): OperatorFunction<LogRecord, T> {
  return mergeMap((record) => {
    try {
      return of(decode(record));
    } catch (error) {
      if (error instanceof LetheError) return EMPTY;
      throw error;
    }
  });
}
