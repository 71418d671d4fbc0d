import { z } from 'zod';
import type { Changeable, CommandReceipt } from '../adapters/knowledgeStore.js';
import { type ClassRecord, isForgotten, type TaskRecord } from '../domain/classes.js';
import { type LetheEvent, votesSchema } from '../domain/messages/event.js';
import { inState, judged, storedOf, unannouncedRecord } from '../knowledge/judgeClasses.js';

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
  votes: votesSchema.optional(),
});

/**
 * Unlearns classes by name: their vectors move from DB-CIL to DB-MU and the registry calls them `unlearned`,
 * in one transaction. No weight is touched. A class still `learning` is unlearned before it was ever known; one of which
 * samples are stored that was never announced, likewise.
 * @param startedAt `performance.now()` at the reading of the command
 * @param found how the classes were found, where it was by examples
 * @throws LetheError `unknown-class`, `class-unlearned`, `class-erased`; then nothing was moved
 */
export async function unlearnClasses(
  { id, classes, position }: ClassesCommand,
  store: Changeable,
  startedAt: number,
  found: Partial<Pick<Unlearned, 'by' | 'votes'>> = {},
): Promise<Unlearned> {
  const details = { by: 'name', ...found, classes };
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
  return unlearnedEvent({ id, details, moved, registryVersion: snapshot.version }, startedAt);
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
): Promise<Relearned> {
  const details = { command: 'relearn', classes };
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
  return relearnedEvent({ id, details, moved, registryVersion: snapshot.version }, startedAt);
}

/** Name of the task that a relearn command opens where one is needed. */
export function relearnTaskName(commandId: string): string {
  return `relearn-${commandId}`;
}

function returning(record: ClassRecord, to: 'learned' | 'learning', task: string): ClassRecord {
  if (to === 'learned' || !isForgotten(record)) return inState(record, to);
  return { ...record, state: to, task, before: record.state };
}

/**
 * The task that learns classes again which no model knows, from the vectors that come back; none is needed for others. It
 * promises no samples: what there is is there, and what is unlearned of it meanwhile it must not wait for.
 */
function relearnTask(name: string, records: readonly ClassRecord[]): TaskRecord | undefined {
  const classes = records.filter(({ state }) => state === 'learning').map((record) => record.name);
  return classes.length === 0 ? undefined : { name, state: 'open', classes, samples: 0 };
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
  // As the registry calls them, which may be otherwise than the command did.
  const names = moved.size > 0 ? [...moved.keys()] : classes;
  return { classes: names.map((name) => ({ name, moved: moved.get(name) ?? 0 })), registryVersion };
}
