import { z } from 'zod';
import type { ClassRecord, ClassState, RegistrySnapshot } from '../domain/classes.js';
import { LetheError } from '../domain/errors.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { CommandReceipt, KnowledgeStore } from '../stores/knowledgeStore.js';

type Unlearned = Extract<LetheEvent, { kind: 'unlearned' }>;
type Relearned = Extract<LetheEvent, { kind: 'relearned' }>;
type Told = Pick<CommandReceipt, 'id' | 'details' | 'registryVersion' | 'moved'>;

/** A command about classes, and where it was read. */
export interface ClassesCommand {
  readonly id: string;
  readonly classes: readonly string[];
  /** `topic/partition/offset` */
  readonly position: string;
}

/** What the receipt of a migration keeps for its event. */
const detailsSchema = z.object({
  by: z.enum(['name', 'examples']).default('name'),
  classes: z.array(z.string()),
  votes: z.record(z.string(), z.number()).optional(),
});

/**
 * Unlearns classes by name: their vectors move from DB-CIL to DB-MU and the registry calls them `unlearned`,
 * in one transaction. No weight is touched. A class still `learning` is unlearned before it was ever known.
 * @param startedAt `performance.now()` at the reading of the command
 * @param found how the classes were found, where it was by examples
 * @throws LetheError `unknown-class`, `class-unlearned`; then nothing was moved
 */
export async function unlearnClasses(
  { id, classes, position }: ClassesCommand,
  store: KnowledgeStore,
  startedAt: number,
  found: Partial<Pick<Unlearned, 'by' | 'votes'>> = {},
): Promise<Unlearned> {
  const details = { by: 'name', ...found, classes };
  const { moved, snapshot } = await store.migrate((now) => ({
    from: 'cil',
    to: 'mu',
    classes: classes.map((name, index) => ({
      ...recordOf(name, `classes.${index}`, ['learned', 'learning'], now),
      state: 'unlearned',
    })),
    command: { id, position, details },
  }));
  return unlearnedEvent({ id, details, moved, registryVersion: snapshot.version }, startedAt);
}

/**
 * Brings unlearned classes back: vectors from DB-MU to DB-CIL, state `learned`, in one transaction.
 * @throws LetheError `unknown-class`, `class-not-learned`; then nothing was moved
 */
export async function relearnClasses(
  { id, classes, position }: ClassesCommand,
  store: KnowledgeStore,
  startedAt: number,
): Promise<Relearned> {
  const details = { classes };
  const { moved, snapshot } = await store.migrate((now) => {
    const records = classes.map((name, index) => recordOf(name, `classes.${index}`, ['unlearned'], now));
    records.forEach(refuseNeverTrained);
    return {
      from: 'mu',
      to: 'cil',
      classes: records.map((record) => ({ ...record, state: 'learned' })),
      command: { id, position, details },
    };
  });
  return relearnedEvent({ id, details, moved, registryVersion: snapshot.version }, startedAt);
}

/** The event of an unlearning, from what was done or from its receipt. */
export function unlearnedEvent({ id, details, ...done }: Told, startedAt: number): Unlearned {
  const { by, classes, votes } = detailsSchema.parse(details);
  return {
    kind: 'unlearned',
    commandId: id,
    by,
    ...summary(done, classes),
    ms: performance.now() - startedAt,
    ...(votes !== undefined && { votes }),
  };
}

/** The event of a relearning, from what was done or from its receipt. */
export function relearnedEvent({ id, details, ...done }: Told, startedAt: number): Relearned {
  const { classes } = detailsSchema.parse(details);
  return { kind: 'relearned', commandId: id, ...summary(done, classes), ms: performance.now() - startedAt };
}

function summary(
  { moved, registryVersion }: Pick<Told, 'moved' | 'registryVersion'>,
  classes: readonly string[],
): Pick<Unlearned, 'classes' | 'registryVersion'> {
  return { classes: classes.map((name) => ({ name, moved: moved.get(name) ?? 0 })), registryVersion };
}

function recordOf(
  name: string,
  field: string,
  states: readonly ClassState[],
  { classes }: RegistrySnapshot,
): ClassRecord {
  const record = classes.get(name);
  if (!record) {
    throw new LetheError('unknown-class', `class "${name}" was never learned`, {
      field,
      value: name,
      remedy: `Name one of the known classes: ${[...classes.keys()].join(', ') || '(none yet)'}.`,
    });
  }
  if (states.includes(record.state)) return record;
  if (record.state === 'unlearned') {
    throw new LetheError('class-unlearned', `class "${name}" is unlearned already`, {
      field,
      value: name,
      remedy: 'Nothing to do: no answer names the class and its vectors lie in DB-MU.',
    });
  }
  throw new LetheError('class-not-learned', `class "${name}" is ${record.state}, not unlearned`, {
    field,
    value: name,
    remedy: 'Only unlearned classes can be relearned.',
  });
}

/** A class unlearned before its task was trained has no rows in any model: there is nothing to bring back. */
function refuseNeverTrained({ name, centroid }: ClassRecord, index: number): void {
  if (centroid) return;
  throw new LetheError('class-not-learned', `class "${name}" was unlearned before any model had learned it`, {
    field: `classes.${index}`,
    value: name,
    remedy: 'Learn the class under another name, with its samples.',
  });
}
