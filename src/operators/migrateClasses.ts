import { z } from 'zod';
import {
  type ClassRecord,
  type ClassState,
  FORGOTTEN,
  type RegistrySnapshot,
  SUPPRESSED,
  type TaskRecord,
} from '../domain/classes.js';
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
 * Brings unlearned classes back: vectors from DB-MU to DB-CIL, state `learned`, in one transaction. Classes that the model
 * no longer knows (`rebuilt`) become `learning` instead: a task of the command's own learns them from these vectors.
 * @throws LetheError `unknown-class`, `class-not-learned`, `class-erased`, `class-erasing`; then nothing was moved
 */
export async function relearnClasses(
  { id, classes, position }: ClassesCommand,
  store: KnowledgeStore,
  startedAt: number,
): Promise<Relearned> {
  const details = { classes };
  const { moved, snapshot } = await store.migrate((now) => {
    const records = classes.map((name, index) => recordOf(name, `classes.${index}`, SUPPRESSED, now));
    records.forEach(refuseErasing);
    records.forEach(refuseNeverTrained);
    const task = relearnTask(id, records, now);
    return {
      from: 'mu',
      to: 'cil',
      classes: records.map((record) =>
        task?.classes.includes(record.name)
          ? { ...record, state: 'learning', task: task.name }
          : { ...record, state: 'learned' },
      ),
      ...(task && { putTasks: [task] }),
      command: { id, position, details },
    };
  });
  return relearnedEvent({ id, details, moved, registryVersion: snapshot.version }, startedAt);
}

/** Name of the task that a relearn command opens where one is needed. */
export function relearnTaskName(commandId: string): string {
  return `relearn-${commandId}`;
}

/** The task that learns classes again which no model knows any more, from the vectors that come back; none is needed for others. */
function relearnTask(
  commandId: string,
  records: readonly ClassRecord[],
  { model }: RegistrySnapshot,
): TaskRecord | undefined {
  const unknown = records.filter(({ name }) => !model?.classes.includes(name));
  if (unknown.length === 0) return undefined;
  return {
    name: relearnTaskName(commandId),
    state: 'open',
    classes: unknown.map(({ name }) => name),
    samples: unknown.reduce((sum, { count }) => sum + count, 0),
  };
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

function refuseErasing({ name, erasing }: ClassRecord, index: number): void {
  if (erasing === undefined) return;
  throw new LetheError('class-erasing', `class "${name}" is being erased (command ${erasing})`, {
    field: `classes.${index}`,
    value: name,
    remedy: 'Wait for its event `erased`; then learn it anew from new samples.',
  });
}

function erased(name: string, field: string): LetheError {
  return new LetheError('class-erased', `class "${name}" was erased: none of its vectors is left`, {
    field,
    value: name,
    remedy: 'Learn it anew: a learn command and new samples.',
  });
}

/**
 * The record of a class that the command names, where it is in one of these states.
 * @throws LetheError `unknown-class`, `class-erased`, `class-unlearned`, `class-not-learned`
 */
export function recordOf(
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
  if (record.state === 'erased') throw erased(name, field);
  if (FORGOTTEN.includes(record.state)) {
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
