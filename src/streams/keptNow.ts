import { randomUUID } from 'node:crypto';
import { concatMap, filter, type Observable, takeUntil, timer } from 'rxjs';
import type { LogRecord } from '../domain/record.js';
import type { EventLog, Positions } from './transports/eventLog.js';

const ASK_MS = 50;

/** The records of a topic that are kept now, from the given offsets on; completes when no more of them can come. */
export function keptNow(log: EventLog, topic: string, from?: Positions): Observable<LogRecord> {
  const group = `kept-${randomUUID()}`;
  const over = timer(ASK_MS, ASK_MS).pipe(
    concatMap(() => log.lag(group, [topic])),
    filter((lag) => lag === 0),
  );
  return log
    .read({ topics: [topic], group, maxInFlight: 256, transient: true, from: from ?? 'earliest' })
    .pipe(
      concatMap(async (record) => {
        await log.settle(group, [{ input: record, outputs: [] }]);
        return record;
      }),
      takeUntil(over),
    );
}
