import {
  concat,
  concatMap,
  distinctUntilChanged,
  exhaustMap,
  from,
  type Observable,
  of,
  pairwise,
  startWith,
  takeUntil,
  takeWhile,
  timer,
} from 'rxjs';
import type { Loss } from '../adapters/eventLog.js';
import { groupsOf } from '../domain/groups.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { announce } from './announce.js';
import type { Common } from './context.js';
import type { Signal } from './signal.js';

/** How often it is looked whether someone accepted the loss. */
const POLL_MS = 2000;

/**
 * Runs a topology once no command is lost. Where commands were deleted before they were read, it tells so, in an event that
 * goes into the audit chain and in a signal, and waits until an operator accepts it (`lethe topics accept-loss`): a request
 * to forget that vanished must not look like one that was carried out.
 */
export function onceWhole(context: Common, topology: () => Observable<Signal>): Observable<Signal> {
  const { log, topics, stop } = context;
  return timer(0, POLL_MS).pipe(
    exhaustMap(() => log.losses(groupsOf(topics).commands, topics.commands)),
    takeUntil(stop),
    takeWhile((losses) => losses.length > 0, true),
    distinctUntilChanged(isSame),
    startWith([]),
    pairwise(),
    concatMap(([before, now]) => (now.length > 0 ? told(now, context) : goOn(before, context, topology))),
  );
}

function told(losses: readonly Loss[], context: Common): Observable<Signal> {
  const events = losses.map((loss) => lostEvent(loss, false));
  return concat(
    of<Signal>({ kind: 'commands-lost', losses }),
    from(events).pipe(concatMap(announce(context))),
  );
}

function goOn(
  accepted: readonly Loss[],
  context: Common,
  topology: () => Observable<Signal>,
): Observable<Signal> {
  if (accepted.length === 0) return topology();
  const events = accepted.map((loss) => lostEvent(loss, true));
  const over = of<Signal>({ kind: 'commands-lost', losses: [] });
  return concat(from(events).pipe(concatMap(announce(context))), over, topology());
}

function lostEvent({ topic, partition, from, to }: Loss, accepted: boolean): LetheEvent {
  return { kind: 'commands-lost', topic, partition, from: Number(from), to: Number(to), accepted };
}

function isSame(some: readonly Loss[], others: readonly Loss[]): boolean {
  const text = (losses: readonly Loss[]): string =>
    losses.map(({ topic, partition, from, to }) => `${topic}/${partition}/${from}-${to}`).join();
  return text(some) === text(others);
}
