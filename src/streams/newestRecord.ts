import { randomUUID } from 'node:crypto';
import { concatMap, filter, lastValueFrom, takeUntil, timer } from 'rxjs';
import type { LogRecord } from '../domain/record.js';
import type { EventLog, Positions } from './transports/eventLog.js';

const ASK_MS = 50;
/** Records looked at first; ends of transactions take offsets, too. */
const FIRST_SPAN = 16n;

/** The newest record of a topic of one partition; null where there is none. */
export async function newestRecord(log: EventLog, topic: string): Promise<LogRecord | null> {
  const end = (await log.ends([topic])).get(topic)?.[0] ?? 0n;
  for (let span = FIRST_SPAN; ; span *= 16n) {
    const from = end > span ? end - span : 0n;
    const found = await lastFrom(log, topic, new Map([[topic, [from]]]));
    if (found || from === 0n) return found;
  }
}

/** The last record from there on, once no more of what was there can come. */
function lastFrom(log: EventLog, topic: string, from: Positions): Promise<LogRecord | null> {
  const group = `newest-${randomUUID()}`;
  const read = log.read({ topics: [topic], group, maxInFlight: 256, from, transient: true }).pipe(
    concatMap(async (record) => {
      await log.settle(group, [{ input: record, outputs: [] }]);
      return record;
    }),
  );
  const over = timer(ASK_MS, ASK_MS).pipe(
    concatMap(() => log.lag(group, [topic])),
    filter((lag) => lag === 0),
  );
  return lastValueFrom(read.pipe(takeUntil(over)), { defaultValue: null });
}
