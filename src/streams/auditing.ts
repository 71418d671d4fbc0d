import { concatMap, ignoreElements, type Observable, takeUntil } from 'rxjs';
import { type ChainHead, chained, EMPTY_CHAIN, sha256 } from '../domain/auditChain.js';
import { encodeAuditRecord } from '../domain/cloudEvents.js';
import { auditRecordSchema } from '../domain/messages/audit.js';
import type { LogRecord } from '../domain/record.js';
import { auditEntryOf } from '../operators/auditEntry.js';
import { type Context, inFlight } from './context.js';
import { groupsOf } from './groups.js';
import { newestRecord } from './newestRecord.js';

/**
 * Commands and events in, the audit chain out: one record for each that matters, in the transaction that settles it. One
 * at a time, since each goes on from the one before. Emits nothing.
 */
export function auditing(context: Context): Observable<never> {
  const { log, topics, settings, stop } = context;
  const tell = chainWriter(context);
  return log
    .read({ topics: [topics.commands, topics.events], group: groupsOf(topics).audit, ...inFlight(settings) })
    .pipe(takeUntil(stop), concatMap(tell), ignoreElements());
}

function chainWriter({
  log,
  topics,
  settings: { modelName },
}: Context): (record: LogRecord) => Promise<void> {
  /** Undefined where it has to be looked up. */
  let head: ChainHead | undefined;
  return async (input) => {
    const entry = auditEntryOf(input, topics, modelName);
    if (!entry) {
      await log.settle(groupsOf(topics).audit, [{ input, outputs: [] }]);
      return;
    }
    head ??= await headOf(log, topics.audit);
    const { value, head: next } = chained(entry, head);
    const outputs = [encodeAuditRecord(value, head.length, modelName, topics)];
    head = undefined;
    const lost = await log.settle(groupsOf(topics).audit, [{ input, outputs }]);
    // Where another worker has the partition now, it goes on with the chain.
    if (lost.length === 0) head = next;
  };
}

async function headOf(log: Context['log'], topic: string): Promise<ChainHead> {
  const newest = await newestRecord(log, topic);
  if (!newest) return EMPTY_CHAIN;
  const { sequence } = auditRecordSchema.parse(JSON.parse(newest.value.toString('utf8')));
  return { length: sequence + 1, hash: sha256(newest.value) };
}
