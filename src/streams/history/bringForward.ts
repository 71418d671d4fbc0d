import { setTimeout as wait } from 'node:timers/promises';
import { lastValueFrom } from 'rxjs';
import { keptNow } from '../../adapters/keptNow.js';
import type { Changeable, Standing, StoreHistory } from '../../adapters/knowledgeStore.js';
import { chainFrom } from '../../auditing/chainEnd.js';
import { decodeCommand } from '../../domain/cloudEvents.js';
import { LetheError } from '../../domain/errors.js';
import { groupsOf } from '../../domain/groups.js';
import type { Command } from '../../domain/messages/command.js';
import { type LogRecord, positionOf } from '../../domain/record.js';
import type { Common } from '../context.js';
import { carryOut, type Missing } from './carryOut.js';
import { type Effect, type Told, toldBy } from './told.js';

/** How often, and how many times, it is asked whether the chain is whole before that is said. */
const ASK_MS = 50;
const ASKED = 200;

/**
 * Brings a store that went back to what the audit chain tells of: commands that it knows nothing of are carried out again, in
 * their order. Nobody answers meanwhile. Begun again after a crash it ends the same, and leaves the same report.
 * @throws LetheError where it can't be brought forward: then everybody goes on waiting
 */
export async function bringForward(
  context: Common,
  history: StoreHistory,
  { found, known, run }: Standing,
): Promise<void> {
  await history.hold(known);
  const told = await wholeTale(context);
  const missing = await missingOf(told, context, history.asItIs);
  // Noted before: a learner that dies in the midst leaves receipts of what it has carried out.
  const everMissing = await history.hold(
    known,
    missing.map(({ effect }) => effect.commandId),
  );
  for (const each of missing) await carryOut(each, history.asItIs);
  // A store that was started anew meanwhile may have gone back once more: what was carried out may be lost.
  if ((await history.standing()).run !== run) throw startedAnew();
  const { classes, tasks } = await history.asItIs.registry.refresh();
  const isThere = (name: string): boolean => classes.get(name)?.state === 'learned';
  await history.bringForward({
    found,
    known,
    carriedOut: [...told.effects.keys()].filter((id) => everMissing.has(id)),
    lostClasses: [...told.learned].filter((name) => !isThere(name)),
    lostTasks: [...told.open].filter((name) => !tasks.has(name)),
  });
  await history.verify(run);
}

/** What the chain tells of, once everything that was written is in it. */
async function wholeTale({ log, topics }: Common): Promise<Told> {
  const behind = (): Promise<number> => log.lag(groupsOf(topics).audit, [topics.commands, topics.events]);
  for (let tries = 0; (await behind()) > 0; tries++) {
    if (tries === ASKED) throw notWholeYet(await behind());
    await wait(ASK_MS);
  }
  return toldBy((await chainFrom(log, topics.audit, 0n)).records);
}

function startedAnew(): LetheError {
  return new LetheError('backend-unavailable', 'Redis was restarted while Lethe repaired its store', {
    field: 'stores.redis.url',
    remedy: 'Nothing to do: Lethe starts again.',
    retriable: true,
  });
}

function notWholeYet(records: number): LetheError {
  return new LetheError(
    'backend-unavailable',
    `${records} commands and events are not in the audit chain yet`,
    {
      field: 'topics.audit',
      value: String(records),
      remedy: 'Nothing to do: Lethe tries again.',
      retriable: true,
    },
  );
}

/** Commands whose effect was told of, and of which the store has no receipt; in the order in which they were done. */
async function missingOf({ effects }: Told, context: Common, { registry }: Changeable): Promise<Missing[]> {
  const lacking = new Map<string, Effect>();
  for (const [id, effect] of effects) if ((await registry.receipt(id)) === null) lacking.set(id, effect);
  if (lacking.size === 0) return [];
  const commands = await commandsOf(new Set(lacking.keys()), context);
  return [...lacking].map(([id, effect]) => ({
    effect,
    command: commands.get(id)?.command,
    position: commands.get(id)?.position ?? 'unknown',
  }));
}

interface Found {
  readonly command: Command;
  readonly position: string;
}

/** The commands of these ids, as far as their topic keeps them. */
async function commandsOf(ids: ReadonlySet<string>, { log, topics }: Common): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  const handle = async (record: LogRecord): Promise<void> => {
    const command = commandIn(record);
    // The one that was carried out is the first of its id.
    if (command && ids.has(command.id) && !found.has(command.id))
      found.set(command.id, { command, position: positionOf(record) });
  };
  await lastValueFrom(keptNow(log, topics.commands, { handle }), { defaultValue: undefined });
  return found;
}

function commandIn(record: LogRecord): Command | null {
  try {
    return decodeCommand(record);
  } catch {
    // It was refused when it came, and did nothing.
    return null;
  }
}
