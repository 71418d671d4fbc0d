import type { SerialisedError } from './errors.js';
import type { Command } from './messages/command.js';
import type { EventKind, EventOf, LetheEvent } from './messages/event.js';

/** The events that say that a command was carried out. */
const DONE = {
  learn: ['task-finished'],
  unlearn: ['unlearned', 'samples-unlearned'],
  relearn: ['relearned'],
  erase: ['erased'],
  'declare-gone': ['workers-gone'],
} as const satisfies Readonly<Record<Command['kind'], readonly EventKind[]>>;
/** Of commands that take their time: the event that says that it will be carried out. */
const ACCEPTED = {
  learn: ['task-announced'],
  erase: ['erase-accepted'],
} as const satisfies Readonly<Partial<Record<Command['kind'], readonly EventKind[]>>>;

/** The command's id was carried out before. */
const IGNORED = 'command-ignored';

/** The event that ends a command of this kind. */
export type DoneEvent<K extends Command['kind']> = EventOf<(typeof DONE)[K][number] | typeof IGNORED>;
export type AcceptedKind = keyof typeof ACCEPTED;
/** The event with which a command of this kind begins. */
export type AcceptedEvent<K extends AcceptedKind> = EventOf<(typeof ACCEPTED)[K][number] | typeof IGNORED>;

/** How a command ended: by the event that says that it was carried out, or by a refusal. */
export type CommandEnd<E extends LetheEvent> =
  | {
      readonly done: E;
      /** Of a learn command: samples of the task that were stored. */
      readonly stored?: number;
    }
  | { readonly refused: SerialisedError };

/** Takes every event that follows the sending of a command, in order, and returns the end once it is there. */
export type EndFinder<E extends LetheEvent> = (event: LetheEvent) => CommandEnd<E> | undefined;

/** Finds the end of a command among the events that follow its sending. */
export function commandEnd<K extends Command['kind']>(
  command: Command & { readonly kind: K },
): EndFinder<DoneEvent<K>> {
  return endFinder<DoneEvent<K>>(command, DONE[command.kind]);
}

/** Finds the event that says that a command is accepted, or why it is not. */
export function commandAccepted<K extends AcceptedKind>(
  command: Command & { readonly kind: K },
): EndFinder<AcceptedEvent<K>> {
  return endFinder<AcceptedEvent<K>>(command, ACCEPTED[command.kind]);
}

function endFinder<E extends LetheEvent>(command: Command, ends: readonly EventKind[]): EndFinder<E> {
  const isEnd = (event: LetheEvent): event is E =>
    event.kind === IGNORED || ends.some((kind) => kind === event.kind);
  let isAnnounced = false;
  let stored: number | undefined;
  /** Events of tasks name no command. Those before the announcement are of another one that had the task's name. */
  const isOfTask = (event: LetheEvent): boolean =>
    isAnnounced && command.kind === 'learn' && 'task' in event && event.task === command.task;
  return (event) => {
    const isOfCommand = 'commandId' in event && event.commandId === command.id;
    if (!isOfCommand && !isOfTask(event)) return undefined;
    if (event.kind === 'task-announced') isAnnounced = true;
    if (event.kind === 'task-embedded') stored = event.samples;
    switch (event.kind) {
      case 'command-rejected':
      case 'erase-failed':
      case 'task-failed':
        return { refused: event.error };
      default:
        return isEnd(event) ? { done: event, ...(stored !== undefined && { stored }) } : undefined;
    }
  };
}
