import { filter, lastValueFrom } from 'rxjs';
import type { LogRecord } from '../domain/record.js';
import type { EventLog } from './eventLog.js';
import { keptNow } from './keptNow.js';

/** Records looked at first; ends of transactions take offsets, too. */
const FIRST_SPAN = 16n;

/**
 * The newest record of a topic of one partition that is what is looked for; null where there is none. What others wrote
 * behind it is passed over.
 */
export async function newestRecord(
  log: EventLog,
  topic: string,
  isOurs: (record: LogRecord) => boolean,
): Promise<LogRecord | null> {
  const end = (await log.ends([topic])).get(topic)?.[0] ?? 0n;
  for (let span = FIRST_SPAN; ; span *= 16n) {
    const from = end > span ? end - span : 0n;
    const newest = keptNow(log, topic, { from: new Map([[topic, [from]]]) }).pipe(filter(isOurs));
    const found = await lastValueFrom(newest, { defaultValue: null });
    if (found || from === 0n) return found;
  }
}
