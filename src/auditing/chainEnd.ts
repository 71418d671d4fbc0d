import { lastValueFrom } from 'rxjs';
import type { EventLog } from '../adapters/eventLog.js';
import { keptNow } from '../adapters/keptNow.js';
import type { AuditRecord } from '../domain/messages/audit.js';
import type { LogRecord } from '../domain/record.js';
import { ChainReader } from './auditChainReader.js';
import { readAuditRecord } from './auditRecords.js';

/** Offsets to read first: many more than other programs may have written since. */
const FIRST_SPAN = 256n;
/** So many records that name one another are the chain, and not what somebody made up. */
const ENOUGH = 8;

/** The end of the audit chain, whatever others wrote among its records. Looks no further back than it has to. */
export async function chainEnd(log: EventLog, topic: string): Promise<ChainReader<AuditRecord>> {
  const end = (await log.ends([topic])).get(topic)?.[0] ?? 0n;
  for (let span = FIRST_SPAN; ; span *= 16n) {
    const from = end > span ? end - span : 0n;
    const chain = await chainFrom(log, topic, from);
    if (chain.length >= ENOUGH || from === 0n) return chain;
  }
}

/** The audit chain from an offset on, in its current state. */
export async function chainFrom(
  log: EventLog,
  topic: string,
  from: bigint,
): Promise<ChainReader<AuditRecord>> {
  const chain = new ChainReader((record) => record);
  const handle = async (record: LogRecord): Promise<void> => chain.next(readAuditRecord(record));
  const read = keptNow(log, topic, { from: new Map([[topic, [from]]]), handle });
  await lastValueFrom(read, { defaultValue: undefined });
  return chain;
}
