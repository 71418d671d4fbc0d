import { concatMap, type OperatorFunction } from 'rxjs';
import type { ClassRegistry } from '../adapters/knowledgeStore.js';
import { effectSchema, eventOf } from '../domain/effects.js';
import { LetheError } from '../domain/errors.js';
import type { Command } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { positionOf } from '../domain/record.js';
import { accepted, type Flow } from './flow.js';
import { type Probe, timedAsync } from './probe.js';

/** Position of a command, and the time of its reading: `performance.now()`. */
export interface Reading {
  readonly position: string;
  readonly startedAt: number;
}

type Handler<K extends Command['kind']> = (
  command: Extract<Command, { kind: K }>,
  reading: Reading,
) => Promise<LetheEvent>;

/** One handler for each kind of command. */
export type Routes = { readonly [K in Command['kind']]: Handler<K> };

/** Dependencies of the routing. */
export interface Routing {
  readonly routes: Routes;
  readonly registry: ClassRegistry;
  readonly probe: Probe;
}

/**
 * Passes each command to the handler of its kind, in order, and emits the event with its result. A command that
 * cannot be carried out is refused by an event. A failure that is no verdict on the command (a store that is away, an
 * unexpected error) fails the stream, which is then restarted. A command that was carried out before is ignored. If
 * the same record is delivered again, however, its event was never written, because the worker died in between, and
 * is emitted now.
 */
export function route(routing: Routing): OperatorFunction<Flow<Command>, Flow<LetheEvent>> {
  return concatMap(async (item): Promise<Flow<LetheEvent>> => {
    if (!item.ok) return item;
    const reading = { position: positionOf(item.source), startedAt: performance.now() };
    const event = await timedAsync(routing.probe, 'command', [item.source], () =>
      carryOut(item.value, reading, routing),
    );
    return accepted(event, item.source);
  });
}

async function carryOut(
  command: Command,
  reading: Reading,
  { routes, registry }: Routing,
): Promise<LetheEvent> {
  const { id: commandId, kind } = command;
  try {
    const receipt = await registry.receipt(commandId);
    const told = receipt?.position === reading.position ? effectSchema.safeParse(receipt.details) : undefined;
    if (receipt && told?.success) return eventOf(told.data, receipt, reading.startedAt);
    if (receipt) return { kind: 'command-ignored', commandId, command: kind };
    return await handle(command, routes, reading);
  } catch (error) {
    if (!(error instanceof LetheError) || error.retriable) throw error;
    return { kind: 'command-rejected', commandId, command: kind, error: error.toJSON() };
  }
}

function handle(command: Command, routes: Routes, reading: Reading): Promise<LetheEvent> {
  switch (command.kind) {
    case 'learn':
      return routes.learn(command, reading);
    case 'unlearn':
      return routes.unlearn(command, reading);
    case 'relearn':
      return routes.relearn(command, reading);
    case 'erase':
      return routes.erase(command, reading);
    case 'declare-gone':
      return routes['declare-gone'](command, reading);
  }
}
