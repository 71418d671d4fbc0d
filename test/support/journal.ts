import { concatMap, filter, first, firstValueFrom, map, ReplaySubject, type Subscription } from 'rxjs';
import { decodeEvent } from '../../src/domain/cloudEvents.js';
import type { Command } from '../../src/domain/messages/command.js';
import type { EventKind, LetheEvent } from '../../src/domain/messages/event.js';
import type { Model } from './workersModel.js';

/** An event, and when it was read. */
interface Seen {
  readonly event: LetheEvent;
  readonly at: number;
}

type EventOf<K extends EventKind> = Extract<LetheEvent, { kind: K }>;

/** Reads the events as they come. */
export interface Journal {
  /** Resolves with the time when the event was read that ends the command. @throws what it says, where the command failed */
  ended(command: Command): Promise<number>;
  /** The first event of this kind, past or future, that matches. */
  first<K extends EventKind>(kind: K, matches?: (event: EventOf<K>) => boolean): Promise<EventOf<K>>;
  /** Resolves with the task's next event of an epoch from now on. */
  nextEpoch(task: string): Promise<void>;
  close(): void;
}

export function openJournal({ log, topics, name }: Model): Journal {
  const seen = new ReplaySubject<Seen>();
  const group = `journal-of-${name}`;
  const reading: Subscription = log
    .read({ topics: [topics.events], group, maxInFlight: 256, from: 'earliest', transient: true })
    .pipe(
      concatMap(async (record) => {
        await log.settle(group, [{ input: record, outputs: [] }]);
        return { event: decodeEvent(record), at: Date.now() };
      }),
    )
    .subscribe(seen);
  return {
    ended: async (command) => {
      const { at, event } = await firstValueFrom(seen.pipe(first(({ event }) => ends(event, command))));
      if (event.kind === 'task-failed' || event.kind === 'command-rejected' || event.kind === 'erase-failed')
        throw new Error(`${command.id}: ${event.error.message}`);
      return at;
    },
    first: <K extends EventKind>(kind: K, matches: (event: EventOf<K>) => boolean = () => true) => {
      const isOf = (event: LetheEvent): event is EventOf<K> => event.kind === kind;
      return firstValueFrom(
        seen.pipe(
          map(({ event }) => event),
          filter(isOf),
          first(matches),
        ),
      );
    },
    nextEpoch: async (task) => {
      const now = Date.now();
      await firstValueFrom(
        seen.pipe(first(({ event, at }) => at > now && event.kind === 'task-epoch' && event.task === task)),
      );
    },
    close: () => reading.unsubscribe(),
  };
}

function ends(event: LetheEvent, command: Command): boolean {
  switch (event.kind) {
    case 'task-finished':
    case 'task-failed':
      return command.kind === 'learn' && command.task === event.task;
    case 'unlearned':
    case 'relearned':
    case 'erased':
    case 'erase-failed':
    case 'command-rejected':
      return event.commandId === command.id;
    default:
      return false;
  }
}
