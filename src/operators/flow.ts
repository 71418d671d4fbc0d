import type { LetheError } from '../domain/errors.js';
import type { LogRecord } from '../domain/record.js';

/** A value on its way through a pipeline, with the record it came from. */
export interface Accepted<T> {
  readonly ok: true;
  readonly value: T;
  readonly source: LogRecord;
}

/** A record that was refused; it passes the rest of the pipeline untouched and ends as a dead letter. */
export interface Rejected {
  readonly ok: false;
  readonly error: LetheError;
  readonly source: LogRecord;
}

/**
 * What flows between operators. Refused records stay in the flow, so that order is kept and
 * each record is settled exactly once, whatever became of it.
 */
export type Flow<T> = Accepted<T> | Rejected;

export function accepted<T>(value: T, source: LogRecord): Accepted<T> {
  return { ok: true, value, source };
}

export function rejected(error: LetheError, source: LogRecord): Rejected {
  return { ok: false, error, source };
}
