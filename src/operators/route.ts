import { concatMap, type OperatorFunction } from 'rxjs';
import { toLetheError } from '../domain/errors.js';
import type { Command } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { ClassRegistry } from '../stores/knowledgeStore.js';
import { accepted, type Flow } from './flow.js';

/** Carries out one kind of command; `startedAt` is `performance.now()` at its reading. */
type Handler<K extends Command['kind']> = (
  command: Extract<Command, { kind: K }>,
  startedAt: number,
) => Promise<LetheEvent>;

/** One handler for each kind of command. */
export type Routes = { readonly [K in Command['kind']]: Handler<K> };

/**
 * Sends each command to the handler of its kind, in their order, and emits the event that tells how it ended.
 * A command whose id was carried out before is ignored; one that can't be carried out is refused in an event.
 */
export function route(
  routes: Routes,
  registry: ClassRegistry,
): OperatorFunction<Flow<Command>, Flow<LetheEvent>> {
  return concatMap(async (item): Promise<Flow<LetheEvent>> => {
    if (!item.ok) return item;
    return accepted(await carryOut(item.value, routes, registry), item.source);
  });
}

async function carryOut(command: Command, routes: Routes, registry: ClassRegistry): Promise<LetheEvent> {
  const startedAt = performance.now();
  const { id: commandId, kind } = command;
  try {
    if (await registry.wasProcessed(commandId)) return { kind: 'command-ignored', commandId, command: kind };
    return await handle(command, routes, startedAt);
  } catch (error) {
    return { kind: 'command-rejected', commandId, command: kind, error: toLetheError(error).toJSON() };
  }
}

function handle(command: Command, routes: Routes, startedAt: number): Promise<LetheEvent> {
  switch (command.kind) {
    case 'learn':
      return routes.learn(command, startedAt);
    case 'unlearn':
      return routes.unlearn(command, startedAt);
    case 'relearn':
      return routes.relearn(command, startedAt);
  }
}
