import type { ClassRecord, ClassState } from '../domain/classes.js';
import { LetheError } from '../domain/errors.js';
import type { RelearnCommand } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { KnowledgeStore, MigrationResult } from '../stores/knowledgeStore.js';

type Unlearned = Extract<LetheEvent, { kind: 'unlearned' }>;

/**
 * Unlearns classes by name: their vectors move from DB-CIL to DB-MU and the registry calls them `unlearned`,
 * in one transaction. No weight is touched. A class still `learning` is unlearned before it was ever known.
 * @param startedAt `performance.now()` at the reading of the command
 * @throws LetheError `unknown-class`, `class-unlearned`; then nothing was moved
 */
export async function unlearnClasses(
  { id, classes }: { readonly id: string; readonly classes: readonly string[] },
  store: KnowledgeStore,
  startedAt: number,
): Promise<Unlearned> {
  const records = classes.map((name, index) =>
    recordOf(name, `classes.${index}`, ['learned', 'learning'], store),
  );
  const result = await store.migrate({
    from: 'cil',
    to: 'mu',
    classes: records.map((record) => ({ ...record, state: 'unlearned' })),
    commandId: id,
  });
  return {
    kind: 'unlearned',
    commandId: id,
    by: 'name',
    ...summary(result, classes),
    ms: performance.now() - startedAt,
  };
}

/**
 * Brings unlearned classes back: vectors from DB-MU to DB-CIL, state `learned`, in one transaction.
 * @throws LetheError `unknown-class`, `class-not-learned`; then nothing was moved
 */
export async function relearnClasses(
  { id, classes }: RelearnCommand,
  store: KnowledgeStore,
  startedAt: number,
): Promise<LetheEvent> {
  const records = classes.map((name, index) => recordOf(name, `classes.${index}`, ['unlearned'], store));
  records.forEach(refuseNeverTrained);
  const result = await store.migrate({
    from: 'mu',
    to: 'cil',
    classes: records.map((record) => ({ ...record, state: 'learned' })),
    commandId: id,
  });
  return { kind: 'relearned', commandId: id, ...summary(result, classes), ms: performance.now() - startedAt };
}

function summary(
  { moved, snapshot }: MigrationResult,
  classes: readonly string[],
): Pick<Unlearned, 'classes' | 'registryVersion'> {
  return {
    classes: classes.map((name) => ({ name, moved: moved.get(name) ?? 0 })),
    registryVersion: snapshot.version,
  };
}

function recordOf(
  name: string,
  field: string,
  states: readonly ClassState[],
  { registry }: KnowledgeStore,
): ClassRecord {
  const { classes } = registry.snapshot();
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
