import type { LogRecord } from './record.js';

/** 2001-09-09, in milliseconds: what lies before is no time, or one in seconds. */
const EARLIEST_MS = 1e12;
/** The clocks of two machines may differ by so much. */
const SKEW_MS = 1000;

/**
 * When a record was written, in milliseconds since the epoch; undefined where its producer says what can't be: nothing,
 * nanoseconds, a time to come. The only reading of a record's timestamp as a time.
 */
export function writtenAt({ timestamp }: Pick<LogRecord, 'timestamp'>, now = Date.now()): number | undefined {
  return timestamp >= EARLIEST_MS && timestamp <= now + SKEW_MS ? timestamp : undefined;
}

/** Milliseconds since a time, 0 at least; undefined of no time. */
export function msSince(time: number | undefined, now = Date.now()): number | undefined {
  return time === undefined ? undefined : Math.max(0, now - time);
}

/** What the producer says, as text: RFC 3339 where it is a time, else the number as it stands. */
export function timestampText(record: Pick<LogRecord, 'timestamp'>, now = Date.now()): string {
  const time = writtenAt(record, now);
  return time === undefined ? String(record.timestamp) : new Date(time).toISOString();
}
