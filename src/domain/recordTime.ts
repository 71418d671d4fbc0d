import type { LogRecord } from './record.js';

/** 2001-09-09, in milliseconds: an earlier number is no time, or is in seconds. */
const EARLIEST_MS = 1e12;
/** Allowed difference between the clocks of two machines. */
const SKEW_MS = 1000;

/**
 * Time at which a record was written, in milliseconds since the epoch; undefined if the claim of its producer is
 * impossible: none, nanoseconds, the future. All code that uses the timestamp of a record as a time calls this.
 */
export function writtenAt({ timestamp }: Pick<LogRecord, 'timestamp'>, now = Date.now()): number | undefined {
  return timestamp >= EARLIEST_MS && timestamp <= now + SKEW_MS ? timestamp : undefined;
}

/** Milliseconds since a time, at least 0; undefined without a time. */
export function msSince(time: number | undefined, now = Date.now()): number | undefined {
  return time === undefined ? undefined : Math.max(0, now - time);
}

/** What the producer says, as text: RFC 3339 where it is a time, else the number as it stands. */
export function timestampText(record: Pick<LogRecord, 'timestamp'>, now = Date.now()): string {
  const time = writtenAt(record, now);
  return time === undefined ? String(record.timestamp) : new Date(time).toISOString();
}
