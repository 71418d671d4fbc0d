import type { SerialisedError } from './errors.js';
import type { Command } from './messages/command.js';
import type { EventKind, LetheEvent } from './messages/event.js';

/** How a command ended: by the event that says that it was carried out, or by a refusal. */
export type CommandEnd =
  | {
      readonly done: LetheEvent;
      /** Of a learn command: samples of the task that were stored. */
      readonly stored?: number;
    }
  | { readonly refused: SerialisedError };

/** The events that say that a command was carried out. */
const DONE: Readonly<Record<Command['kind'], readonly EventKind[]>> = {
  learn: ['task-finished'],
  unlearn: ['unlearned', 'samples-unlearned'],
  relearn: ['relearned'],
  erase: ['erased'],
  'declare-gone': ['workers-gone'],
};

/**
 * Finds the end of a command among the events that follow its sending.
 * @returns a function that takes every event in order, and returns the end once it is there
 */
export function commandEnd(command: Command): (event: LetheEvent) => CommandEnd | undefined {
  const ends = DONE[command.kind];
  let isAnnounced = false;
  let stored: number | undefined;
  /** Events of tasks name no command. Those before the announcement are of another one that had the task's name. */
  const isOfTask = (event: LetheEvent): boolean =>
    isAnnounced && command.kind === 'learn' && 'task' in event && event.task === command.task;
  return (event) => {
    const isOfCommand = 'commandId' in event && event.commandId === command.id;
    if (!isOfCommand && !isOfTask(event)) return undefined;
    switch (event.kind) {
      case 'task-announced':
        isAnnounced = true;
        return undefined;
      case 'task-embedded':
        stored = event.samples;
        return undefined;
      case 'command-rejected':
      case 'erase-failed':
      case 'task-failed':
        return { refused: event.error };
      case 'command-ignored':
        return { done: event };
      default:
        return ends.includes(event.kind)
          ? { done: event, ...(stored !== undefined && { stored }) }
          : undefined;
    }
  };
}
