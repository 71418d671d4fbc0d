import {
  defer,
  filter,
  firstValueFrom,
  ignoreElements,
  merge,
  mergeMap,
  type Observable,
  Subject,
  tap,
  throwIfEmpty,
} from 'rxjs';
import { decodeCommand, decodeEvent, encodeCommand } from '../domain/cloudEvents.js';
import { LetheError, revived } from '../domain/errors.js';
import type { Command } from '../domain/messages/command.js';
import type { EventKind, EventOf, LetheEvent } from '../domain/messages/event.js';
import { checked } from './checked.js';
import type { Door } from './door.js';
import { type Patience, patiently } from './patience.js';
import { readable } from './readable.js';

/** What happens after a command is sent. */
export interface Outcome<K extends EventKind> {
  /** Kinds of event of which one ends the command. */
  readonly ends: readonly K[];
  /** Whether an event is about this command; rejections of it are recognised by themselves. */
  readonly concerns: (event: LetheEvent) => boolean;
  readonly onEvent?: (event: LetheEvent) => void;
  /** For how long silence is borne; without end where it is left out. */
  readonly patience?: Patience;
  /** Whether an event shows that work on the command, or on what goes before it, goes on; by default those that concern it. */
  readonly isProgress?: (event: LetheEvent) => boolean;
}

/** Sends what belongs to a command; tells of each step. */
export type Sending = (onStep: () => void) => Promise<void>;

/** Whether an event tells of the queue in which models are made, whichever task it is about. */
export function isOfQueue({ kind }: LetheEvent): boolean {
  return kind.startsWith('task-') || kind.startsWith('model-');
}

/**
 * Sends a command and waits for the event that ends it.
 * @param onAnnounced sends what belongs to the command, once it was accepted as a task
 * @throws LetheError with which the command was refused or failed
 */
export function followCommand<K extends EventKind>(
  door: Door,
  command: Command,
  outcome: Outcome<K>,
  onAnnounced?: Sending,
): Promise<EventOf<K>> {
  return firstValueFrom(outcomeOf(door, command, outcome, onAnnounced));
}

/** As {@link followCommand}, cold: sent with the subscription, and no longer waited for after its end. */
export function outcomeOf<K extends EventKind>(
  door: Door,
  command: Command,
  { ends, concerns, onEvent, patience, isProgress = concerns }: Outcome<K>,
  onAnnounced: Sending = async () => undefined,
): Observable<EventOf<K>> {
  const isEnd = (event: LetheEvent): event is EventOf<K> => ends.some((kind) => kind === event.kind);
  const send = (): Promise<void> =>
    door.publish([
      checked(encodeCommand(command, door.modelName ?? '', door.topics, door.actor), decodeCommand),
    ]);
  const heard = new Subject<void>();
  const step = (): void => heard.next();
  const outcome = defer(() => door.tail('events')).pipe(
    mergeMap((records) => {
      const end = records.pipe(
        readable(decodeEvent),
        tap((event) => {
          if (isProgress(event)) step();
          throwIfRefused(event, command, concerns);
        }),
        filter(concerns),
        tap((event) => onEvent?.(event)),
        mergeMap(async (event) => {
          if (event.kind === 'task-announced') await onAnnounced(step);
          return event;
        }),
        filter(isEnd),
        throwIfEmpty(endedTooSoon),
      );
      return merge(end, defer(send).pipe(ignoreElements()));
    }),
  );
  return patience ? patiently(outcome, heard, `the command ${command.id}`, patience) : outcome;
}

function endedTooSoon(): LetheError {
  return new LetheError('unreachable', 'Lethe ended before it carried out the command', {
    remedy: 'Start it again, and send the command again.',
    retriable: true,
  });
}

function throwIfRefused(event: LetheEvent, { id }: Command, concerns: (event: LetheEvent) => boolean): void {
  if (event.kind === 'command-rejected' && event.commandId === id) throw revived(event.error);
  if (event.kind === 'task-failed' && concerns(event)) throw revived(event.error);
}
