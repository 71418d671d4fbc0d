import { randomUUID } from 'node:crypto';
import {
  concat,
  concatMap,
  defer,
  exhaustMap,
  filter,
  from,
  ignoreElements,
  map,
  merge,
  type Observable,
  of,
  share,
  switchMap,
  take,
  takeUntil,
  timer,
} from 'rxjs';
import type { Standing, StoreHistory } from '../../adapters/knowledgeStore.js';
import { auditRecordIn } from '../../auditing/auditChainReader.js';
import { readAuditRecord } from '../../auditing/auditRecords.js';
import { chainEnd } from '../../auditing/chainEnd.js';
import { type ChainHead, sha256 } from '../../domain/auditChain.js';
import type { AuditRecord } from '../../domain/messages/audit.js';
import type { LogRecord } from '../../domain/record.js';
import { announce } from '../announce.js';
import { type Common, inFlight } from '../context.js';
import type { Signal } from '../signal.js';
import type { Supervise } from '../supervise.js';
import { bringForward } from './bringForward.js';

/** How often the learner looks whether the store went back. */
const POLL_MS = 500;

/**
 * Runs a topology once it is known how new the registry has to be: the audit chain names its version, also to a worker that
 * has seen none. From then on nobody here answers from an older state, whatever the store holds.
 */
export function onceKnown(context: Common, topology: () => Observable<Signal>): Observable<Signal> {
  const { history } = context.store;
  if (!history) return topology();
  history.onlyVerified();
  return demanded(context).pipe(switchMap(topology));
}

/** What a learner runs. */
export interface Learner {
  /** Everything that may change the store. */
  readonly topologies: () => Observable<Signal>;
  /** Writes the audit chain, which has to be whole before a store can be brought forward. */
  readonly auditing: () => Observable<Signal>;
}

/**
 * Runs a learner's topologies once the store is at what was told; where it went back, now or later, it is brought forward
 * first. What runs waits meanwhile.
 */
export function onceForward(
  context: Common,
  supervise: Supervise,
  { topologies, auditing }: Learner,
): Observable<Signal> {
  const { history } = context.store;
  if (!history) return merge(topologies(), auditing());
  const looks = supervise('bringing-forward', (of) => looking(of, history)).pipe(share());
  return merge(
    looks.pipe(filter((look) => typeof look === 'object')),
    looks.pipe(
      filter((look) => look === 'forward'),
      take(1),
      switchMap(topologies),
    ),
    // Together with the others where nothing is behind: a log in memory keeps no command that all who read have settled.
    looks.pipe(take(1), switchMap(auditing)),
  );
}

/** How the store is, or that it was brought forward. */
type Look = 'behind' | 'forward' | Signal;

/** Looks again and again how the store is, and brings it forward where it is behind. */
function looking(context: Common, history: StoreHistory): Observable<Look> {
  return demanded(context).pipe(
    switchMap(() => timer(0, POLL_MS)),
    exhaustMap(() => look(context, history)),
    takeUntil(context.stop),
  );
}

function look(context: Common, history: StoreHistory): Observable<Look> {
  return defer(() => history.standing()).pipe(
    switchMap((standing) => {
      const report = reporting(context, history);
      // What runs then follows up on the report.
      const isForward = of('forward' as const);
      if (!standing.isBehind) return concat(verifying(history, standing), isForward, report);
      const forward = defer(() => bringForward(context, history, standing)).pipe(ignoreElements());
      // First what a learner that died has done: bringing forward leaves a report of its own in that one's place.
      return concat(of('behind' as const), report, forward, isForward, report);
    }),
  );
}

/** Writes the report that nobody has written yet, if there is one. Kept until then, it is written at least once. */
function reporting(context: Common, history: StoreHistory): Observable<Signal> {
  return defer(() => history.unreported()).pipe(
    filter((event) => event !== null),
    concatMap(async (event) => {
      const signal = await announce(context)(event);
      await history.reported();
      return signal;
    }),
  );
}

function verifying(history: StoreHistory, { isVerified, run }: Standing): Observable<never> {
  return defer(async () => {
    if (!isVerified) await history.verify(run);
  }).pipe(ignoreElements());
}

function demanded({ log, topics, store }: Common): Observable<void> {
  return defer(() => from(chainEnd(log, topics.audit))).pipe(
    map(({ records }) => {
      for (const record of records) demandOf(record, store);
    }),
  );
}

/** Follows the audit chain, so that a worker that is not asked for anything knows how new the registry is, too. */
export function following({ log, topics, store, settings, stop }: Common): Observable<never> {
  const group = `kept-${randomUUID()}`;
  let head: ChainHead | undefined;
  const follow = (record: LogRecord): void => {
    const next = linked(record, head);
    if (!next) return;
    head = next.head;
    demandOf(next.record, store);
  };
  // The end first: what is written while the chain is read would not link to its head otherwise, nor anything after it.
  return defer(() => log.ends([topics.audit])).pipe(
    switchMap(async (ends) => {
      const chain = await chainEnd(log, topics.audit);
      head = chain.head;
      for (const record of chain.records) demandOf(record, store);
      return ends;
    }),
    switchMap((ends) =>
      log.read({
        topics: [topics.audit],
        group,
        transient: true,
        from: ends,
        ...inFlight(settings),
      }),
    ),
    takeUntil(stop),
    concatMap(async (record) => {
      follow(record);
      await log.settle(group, [{ input: record, outputs: [] }]);
    }),
    ignoreElements(),
  );
}

function demandOf({ registryVersion }: AuditRecord, { registry }: Common['store']): void {
  if (registryVersion !== undefined) registry.demand(registryVersion);
}

/** The record, if it is the one that goes on with the chain. Anyone may write to the topic. */
function linked(
  read: LogRecord,
  head: ChainHead | undefined,
): { readonly record: AuditRecord; readonly head: ChainHead } | undefined {
  const { hash } = readAuditRecord(read);
  const record = auditRecordIn(read.value);
  if (!record || typeof hash !== 'string' || hash !== sha256(read.value)) return undefined;
  if (head && (record.previous !== head.hash || record.sequence !== head.length)) return undefined;
  return { record, head: { length: record.sequence + 1, hash } };
}
