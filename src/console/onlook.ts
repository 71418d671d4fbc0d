import { randomUUID } from 'node:crypto';
import { concatMap, defer, from, type Observable, retry } from 'rxjs';
import type { EventLog } from '../adapters/eventLog.js';
import type { LogRecord } from '../domain/record.js';

const IN_FLIGHT = 64;
/** Before a log that failed is asked again. */
const RETRY_MS = 2000;

/**
 * Follows a topic without delaying anyone.
 * @param back largest number of existing records of each partition to emit first
 */
export function onlook(log: EventLog, topic: string, back: number): Observable<LogRecord> {
  return defer(() => {
    const group = `console-${randomUUID()}`;
    return from(log.ends([topic])).pipe(
      concatMap((ends) => {
        const starts = (ends.get(topic) ?? []).map((end) => (end > back ? end - BigInt(back) : 0n));
        return log.read({
          topics: [topic],
          group,
          maxInFlight: IN_FLIGHT,
          transient: true,
          from: new Map([[topic, starts]]),
        });
      }),
      concatMap(async (record) => {
        await log.settle(group, [{ input: record, outputs: [] }]);
        return record;
      }),
    );
  }).pipe(retry({ delay: RETRY_MS }));
}
