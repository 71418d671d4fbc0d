import { randomUUID } from 'node:crypto';
import {
  concat,
  concatMap,
  defer,
  exhaustMap,
  filter,
  ignoreElements,
  type Observable,
  of,
  switchMap,
  takeUntil,
  throwError,
  timer,
} from 'rxjs';
import { LetheError } from '../domain/errors.js';
import type { LogRecord } from '../domain/record.js';
import type { EventLog, Positions } from './eventLog.js';

const ASK_MS = 50;
/** What may be under way: bounds memory, whatever the topic holds. */
const IN_FLIGHT = { maxInFlight: 256, maxInFlightBytes: 2 ** 23 };

/** How the records that are kept are read. */
export interface KeptOptions {
  /** Offsets to begin at; the oldest that are kept by default. */
  readonly from?: Positions;
  /** What is done with each record before further ones are read: backpressure. */
  readonly handle?: (record: LogRecord) => Promise<void>;
}

/**
 * The records of a topic that are kept when it is subscribed: up to its ends at that moment, with those whose transactions are
 * committed just then. Completes when all of them were emitted, and fails with `unreachable` where reading ended before.
 */
export function keptNow(
  log: EventLog,
  topic: string,
  { from, handle }: KeptOptions = {},
): Observable<LogRecord> {
  return defer(() => log.writtenEnds([topic])).pipe(
    switchMap((found) => {
      const ends = found.get(topic);
      // A log that does not say where the topic ends could not be read to its end.
      if (!ends || ends.length === 0) return throwError(() => cutShort(topic));
      const group = `kept-${randomUUID()}`;
      const isOld = ({ partition, offset }: LogRecord): boolean => offset < (ends[partition] ?? 0n);
      const done = async (record: LogRecord): Promise<void> => {
        if (handle && isOld(record)) await handle(record);
        await log.settle(group, [{ input: record, outputs: [] }]);
      };
      // What is at the end may be no record: the positions tell that it was passed.
      const whole = timer(0, ASK_MS).pipe(
        exhaustMap(() => log.positions(group, topic)),
        filter((positions) => isWhole(ends, positions)),
      );
      const records = log
        .read({ topics: [topic], group, ...IN_FLIGHT, transient: true, from: from ?? 'earliest' })
        .pipe(
          concatMap((record) =>
            concat(isOld(record) ? of(record) : [], defer(() => done(record)).pipe(ignoreElements())),
          ),
        );
      return concat(
        records,
        throwError(() => cutShort(topic)),
      ).pipe(takeUntil(whole));
    }),
  );
}

/** Whether each partition was read to its end; of one without a position nobody knows. */
function isWhole(ends: readonly bigint[], positions: readonly bigint[]): boolean {
  return Array.from(ends).every((end, partition) => {
    const position = positions[partition];
    return end !== undefined && position !== undefined && position >= end;
  });
}

function cutShort(topic: string): LetheError {
  return new LetheError('unreachable', `can't read the topic ${topic} to its end`, {
    field: 'topic',
    value: topic,
    remedy: 'Check that Kafka still runs, and try again.',
    retriable: true,
  });
}
