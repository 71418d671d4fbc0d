import {
  defer,
  EMPTY,
  firstValueFrom,
  ignoreElements,
  merge,
  mergeMap,
  type Observable,
  of,
  Subject,
  throwIfEmpty,
} from 'rxjs';
import { decodeCommand, decodeEvent, encodeCommand } from '../domain/cloudEvents.js';
import {
  type AcceptedEvent,
  type AcceptedKind,
  commandAccepted,
  commandEnd,
  type DoneEvent,
  type EndFinder,
} from '../domain/commandEnd.js';
import { LetheError, revived } from '../domain/errors.js';
import type { Command } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { checked } from './checked.js';
import type { Door } from './door.js';
import { type Patience, patiently } from './patience.js';
import { readable } from './readable.js';

/** How a command is followed. */
export interface Following {
  /** Told of every event, whatever it is about. */
  readonly onEvent?: (event: LetheEvent) => void;
  /** For how long silence is borne; without end where it is left out. */
  readonly patience?: Patience;
  /** Sends what belongs to the command, once it was accepted as a task. */
  readonly onAnnounced?: Sending;
}

/** Sends what belongs to a command; tells of each step. */
export type Sending = (onStep: () => void) => Promise<void>;

/**
 * Sends a command and waits until it is carried out.
 * @throws LetheError with which the command was refused or failed
 */
export function followCommand<K extends Command['kind']>(
  door: Door,
  command: Command & { readonly kind: K },
  following: Following = {},
): Promise<DoneEvent<K>> {
  return firstValueFrom(followedTo(door, command, commandEnd<K>(command), following));
}

/** Sends a command and waits until it is accepted. @throws LetheError with which the command was refused */
export function followAcceptance<K extends AcceptedKind>(
  door: Door,
  command: Command & { readonly kind: K },
  following: Following = {},
): Promise<AcceptedEvent<K>> {
  return firstValueFrom(followedTo(door, command, commandAccepted<K>(command), following));
}

/**
 * Sends a command with the subscription, and emits the event that ends it; it is no longer waited for after the subscription's end.
 * Fails with the {@link LetheError} with which the command was refused or failed.
 */
export function followedTo<E extends LetheEvent>(
  door: Door,
  command: Command,
  endOf: EndFinder<E>,
  { onEvent, patience, onAnnounced = async () => undefined }: Following = {},
): Observable<E> {
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
        mergeMap(async (event) => {
          if (isProgress(event, command)) step();
          onEvent?.(event);
          const ended = endOf(event);
          if (ended && 'refused' in ended) throw revived(ended.refused);
          if (event.kind === 'task-announced' && event.commandId === command.id) await onAnnounced(step);
          return ended?.done;
        }),
        mergeMap((done) => (done === undefined ? EMPTY : of(done))),
        throwIfEmpty(endedTooSoon),
      );
      return merge(end, defer(send).pipe(ignoreElements()));
    }),
  );
  return patience ? patiently(outcome, heard, `the command ${command.id}`, patience) : outcome;
}

/** Whether an event shows that work on the command goes on, or on what goes before it in the queue in which models are made. */
function isProgress(event: LetheEvent, { id, kind }: Command): boolean {
  if ('commandId' in event && event.commandId === id) return true;
  const waitsInQueue = kind === 'learn' || kind === 'erase';
  return waitsInQueue && (event.kind.startsWith('task-') || event.kind.startsWith('model-'));
}

function endedTooSoon(): LetheError {
  return new LetheError('unreachable', 'Lethe ended before it carried out the command', {
    remedy: 'Start it again, and send the command again.',
    retriable: true,
  });
}
