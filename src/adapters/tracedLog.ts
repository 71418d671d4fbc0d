import { tap } from 'rxjs';
import type { LogRecord, OutgoingRecord } from '../domain/record.js';
import { delegating } from './delegating.js';
import type { EventLog } from './eventLog.js';

/** What follows records on their way: the part of tracing that the log needs. */
export interface RecordTracing {
  /** A record was read, and is dealt with from now on. */
  begin(record: LogRecord): void;
  /** The outputs as they are to be written: each tells which trace it belongs to. */
  carried(input: LogRecord, outputs: readonly OutgoingRecord[]): readonly OutgoingRecord[];
}

/**
 * A log whose records of these topics are traced from the reading to the settlement; what is written because of them carries
 * their trace on.
 */
export function tracedLog(log: EventLog, topics: readonly string[], tracing: RecordTracing): EventLog {
  return delegating(log, {
    read: (subscription) => {
      const records = log.read(subscription);
      const isTraced =
        !subscription.transient && subscription.topics.every((topic) => topics.includes(topic));
      return isTraced ? records.pipe(tap((record) => tracing.begin(record))) : records;
    },
    settle: (group, settled) =>
      log.settle(
        group,
        settled.map(({ input, outputs }) => ({ input, outputs: tracing.carried(input, outputs) })),
      ),
  });
}
