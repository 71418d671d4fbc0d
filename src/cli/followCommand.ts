import { defer, filter, firstValueFrom, ignoreElements, map, merge, mergeMap, tap, throwIfEmpty } from 'rxjs';
import { decodeEvent, encodeCommand } from '../domain/cloudEvents.js';
import { LetheError, type SerialisedError } from '../domain/errors.js';
import type { Command } from '../domain/messages/command.js';
import type { EventKind, LetheEvent } from '../domain/messages/event.js';
import type { GatewayClient } from '../streams/transports/http/client.js';

type EventOf<K extends EventKind> = Extract<LetheEvent, { kind: K }>;

/** What happens after a command is sent. */
export interface Outcome<K extends EventKind> {
  /** Kinds of event of which one ends the command. */
  readonly ends: readonly K[];
  /** Whether an event is about this command; rejections of it are recognised by themselves. */
  readonly concerns: (event: LetheEvent) => boolean;
  readonly onEvent?: (event: LetheEvent) => void;
}

/**
 * Sends a command and waits for the event that ends it.
 * @param onAnnounced sends what belongs to the command, once it was accepted as a task
 * @throws LetheError with which the command was refused or failed
 */
export async function followCommand<K extends EventKind>(
  client: GatewayClient,
  command: Command,
  { ends, concerns, onEvent }: Outcome<K>,
  onAnnounced: () => Promise<void> = async () => undefined,
): Promise<EventOf<K>> {
  const events = (await client.tail('events')).pipe(map((record) => decodeEvent(record)));
  const isEnd = (event: LetheEvent): event is EventOf<K> => ends.some((kind) => kind === event.kind);
  const end = events.pipe(
    tap((event) => throwIfRefused(event, command, concerns)),
    filter(concerns),
    tap((event) => onEvent?.(event)),
    mergeMap(async (event) => {
      if (event.kind === 'task-announced') await onAnnounced();
      return event;
    }),
    filter(isEnd),
    throwIfEmpty(endedTooSoon),
  );
  const sending = defer(() => client.publish([encodeCommand(command, '', client.topics, client.actor)]));
  return firstValueFrom(merge(end, sending.pipe(ignoreElements())));
}

function endedTooSoon(): LetheError {
  return new LetheError('unreachable', 'Lethe ended before it had carried out the command', {
    remedy: 'Start it again and send the command again.',
    retriable: true,
  });
}

function throwIfRefused(event: LetheEvent, { id }: Command, concerns: (event: LetheEvent) => boolean): void {
  if (event.kind === 'command-rejected' && event.commandId === id) throw errorOf(event.error);
  if (event.kind === 'task-failed' && concerns(event)) throw errorOf(event.error);
}

function errorOf({ code, message, remedy, field, value, evidence }: SerialisedError): LetheError {
  return new LetheError(code, message, {
    remedy,
    ...(field !== undefined && { field }),
    ...(value !== undefined && { value }),
    ...(evidence !== undefined && { evidence }),
  });
}
