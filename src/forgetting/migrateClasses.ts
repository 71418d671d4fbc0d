import type { Changeable } from '../adapters/knowledgeStore.js';
import { type ClassRecord, isForgotten, type TaskRecord } from '../domain/classes.js';
import { type EffectOf, eventOf } from '../domain/effects.js';
import type { EventOf } from '../domain/messages/event.js';
import { inState, judged, storedOf, unannouncedRecord } from '../knowledge/judgeClasses.js';

/** A command about classes, and its position. */
export interface ClassesCommand {
  readonly id: string;
  readonly classes: readonly string[];
  /** `topic/partition/offset` */
  readonly position: string;
}

/**
 * Unlearns classes by name: their vectors move from DB-CIL to DB-MU, and their state becomes `unlearned`, in one
 * transaction. No weight changes. A class that is still `learning` is unlearned before it was ever known; the same
 * applies to a class with samples that was never announced.
 * @param startedAt `performance.now()` at the reading of the command
 * @param found how the classes were found, if by examples
 * @throws LetheError `unknown-class`, `class-unlearned`, `class-erased`; then nothing was moved
 */
export async function unlearnClasses(
  { id, classes, position }: ClassesCommand,
  store: Changeable,
  startedAt: number,
  found: Omit<EffectOf<'unlearned'>, 'kind' | 'classes'> = { by: 'name' },
): Promise<EventOf<'unlearned'>> {
  const details: EffectOf<'unlearned'> = { kind: 'unlearned', ...found, classes: [...classes] };
  const stored = await storedOf(classes, store);
  const { moved, snapshot } = await store.migrate((now) => ({
    from: 'cil',
    to: 'mu',
    classes: classes.flatMap((asked, index) =>
      judged('unlearn', asked, `classes.${index}`, stored, now).map(({ name, record, to }) =>
        inState(record ?? unannouncedRecord(name, stored), to),
      ),
    ),
    command: { id, position, details },
  }));
  return eventOf(details, { id, moved, registryVersion: snapshot.version }, startedAt);
}

/**
 * Brings unlearned classes back: vectors from DB-MU to DB-CIL, state `learned`, in one transaction. Classes that the model
 * does not know (`rebuilt`, or never trained) become `learning` instead: a task of the command's own learns them from these
 * vectors.
 * @throws LetheError `unknown-class`, `class-not-learned`, `class-erased`, `class-erasing`; then nothing was moved
 */
export async function relearnClasses(
  { id, classes, position }: ClassesCommand,
  store: Changeable,
  startedAt: number,
): Promise<EventOf<'relearned'>> {
  const details: EffectOf<'relearned'> = { kind: 'relearned', classes: [...classes] };
  const stored = await storedOf(classes, store);
  const { moved, snapshot } = await store.migrate((now) => {
    const task = relearnTaskName(id);
    const records = classes.flatMap((asked, index) =>
      judged('relearn', asked, `classes.${index}`, stored, now).flatMap(({ record, to }) =>
        record ? [returning(record, to, task)] : [],
      ),
    );
    const opened = relearnTask(task, records);
    return {
      from: 'mu',
      to: 'cil',
      classes: records,
      ...(opened && { putTasks: [opened] }),
      command: { id, position, details },
    };
  });
  return eventOf(details, { id, moved, registryVersion: snapshot.version }, startedAt);
}

/** Name of the task that a relearn command opens if necessary. */
export function relearnTaskName(commandId: string): string {
  return `relearn-${commandId}`;
}

function returning(record: ClassRecord, to: 'learned' | 'learning', task: string): ClassRecord {
  if (to === 'learned' || !isForgotten(record)) return inState(record, to);
  return { ...record, state: to, task, before: record.state };
}

/**
 * The task that learns classes again that no model knows, from the restored vectors; other classes need none. It
 * announces no samples: it uses what exists, and must not wait for samples that are unlearned meanwhile.
 */
function relearnTask(name: string, records: readonly ClassRecord[]): TaskRecord | undefined {
  const classes = records.filter(({ state }) => state === 'learning').map((record) => record.name);
  return classes.length === 0 ? undefined : { name, state: 'open', classes, samples: 0 };
}
