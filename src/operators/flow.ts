import type { LetheError } from '../domain/errors.js';
import type { LogRecord } from '../domain/record.js';

/** A value in a pipeline, with its source record. */
export interface Accepted<T> {
  readonly ok: true;
  readonly value: T;
  readonly source: LogRecord;
}

/** A refused record; it passes the rest of the pipeline unchanged and becomes a dead letter. */
export interface Rejected {
  readonly ok: false;
  readonly error: LetheError;
  readonly source: LogRecord;
}

/**
 * The items between operators. Refused records stay in the flow, so that order is kept and each record is settled
 * exactly once, whatever its outcome.
 */
export type Flow<T> = Accepted<T> | Rejected;

export function accepted<T>(value: T, source: LogRecord): Accepted<T> {
  return { ok: true, value, source };
}

export function rejected(error: LetheError, source: LogRecord): Rejected {
  return { ok: false, error, source };
}
