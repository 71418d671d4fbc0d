import { setTimeout as wait } from 'node:timers/promises';
import { concatAll, concatMap, type Observable, takeUntil } from 'rxjs';
import { auditEntryOf } from '../auditing/auditEntry.js';
import { encodeAuditRecord } from '../auditing/auditRecords.js';
import { chainEnd } from '../auditing/chainEnd.js';
import { confirmationOf } from '../auditing/confirmEvent.js';
import { type ChainHead, chained } from '../domain/auditChain.js';
import { groupsOf } from '../domain/groups.js';
import type { AuditEntry } from '../domain/messages/audit.js';
import { eventSchema } from '../domain/messages/event.js';
import type { LogRecord } from '../domain/record.js';
import { type Auditing, type Common, inFlight } from './context.js';
import type { Signal } from './signal.js';

/**
 * Commands and events in, the audit chain out: one record for each that matters, in the transaction that settles it. One
 * at a time, since each goes on from the one before. Events that tell of an effect are looked up in the registry, since
 * others may write them, and those that it does not confirm are emitted; records are signed where there is a key.
 * @param now the clock of the chain
 */
export function auditing(context: Common & Auditing, now: () => Date = () => new Date()): Observable<Signal> {
  const { log, topics, settings, stop } = context;
  const tell = chainWriter(context, now);
  return log
    .read({ topics: [topics.commands, topics.events], group: groupsOf(topics).audit, ...inFlight(settings) })
    .pipe(takeUntil(stop), concatMap(tell), concatAll());
}

function chainWriter(context: Common & Auditing, now: () => Date): (record: LogRecord) => Promise<Signal[]> {
  const { log, topics, settings, sealer } = context;
  const { modelName } = settings;
  /** Undefined where it has to be looked up. */
  let head: ChainHead | undefined;
  return async (input) => {
    const entry = auditEntryOf(input, topics, modelName, now());
    if (!entry) {
      await log.settle(groupsOf(topics).audit, [{ input, outputs: [] }]);
      return [];
    }
    const checked = await confirmed(entry, input, context);
    head ??= (await chainEnd(log, topics.audit)).head;
    const registryVersion = context.store.registry.snapshot().version;
    const { value, head: next } = chained({ ...checked, registryVersion }, head);
    const record = encodeAuditRecord(value, head.length, modelName, topics, sealer?.seal(value));
    // A chain with a gap is worth nothing: where the topic takes too little, it waits.
    const outputs = [{ ...record, mustFit: true } as const];
    head = undefined;
    const lost = await log.settle(groupsOf(topics).audit, [{ input, outputs }]);
    // Where another worker has the partition now, it goes on with the chain.
    if (lost.length > 0) return [];
    head = next;
    return doubtIn(checked);
  };
}

/** How often it is looked whether the store went back, while the registry does not answer. */
const BEHIND_MS = 500;

/** The entry with what the registry says of it, where it tells of an effect. */
async function confirmed(
  entry: AuditEntry,
  { value }: LogRecord,
  { store }: Pick<Common, 'store'>,
): Promise<AuditEntry> {
  if (entry.told.of !== 'event') return entry;
  const confirming = confirmationOf(entry.told.body, value, store.registry);
  const over = new AbortController();
  try {
    const registry = await Promise.race([confirming, behind(store, over.signal)]);
    if (!registry) return entry;
    // A store that went back in between has no receipt of what it forgot: that is no doubt.
    if (!registry.confirms && (await store.history?.standing())?.isBehind) return entry;
    return { ...entry, registry };
  } finally {
    over.abort();
  }
}

function doubtIn({ told, registry, position }: AuditEntry): Signal[] {
  const event = told.of === 'event' ? eventSchema.safeParse(told.body).data : undefined;
  if (!event || registry?.confirms !== false) return [];
  return [{ kind: 'unconfirmed', event: event.kind, position, why: registry.why ?? '' }];
}

/**
 * Resolves where the store went back: it can't be asked before the learner has brought it forward, which waits for the chain.
 * What is told then stands in the chain unconfirmed and undoubted.
 */
async function behind({ history }: Common['store'], over: AbortSignal): Promise<undefined> {
  for (;;) {
    // Ends with what it waits beside.
    await wait(BEHIND_MS, undefined, { signal: over }).catch(() => undefined);
    if (over.aborted || (await history?.standing())?.isBehind) return undefined;
  }
}
