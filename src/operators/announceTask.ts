import { type ClassRecord, FORGOTTEN, type RegistrySnapshot, type TaskRecord } from '../domain/classes.js';
import { LetheError } from '../domain/errors.js';
import type { LearnCommand } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { ClassRegistry, RegistryChange } from '../stores/knowledgeStore.js';
import type { Announcement } from './collectTasks.js';

/**
 * Carries out a learn command: its classes become `learning`. The training follows when the samples are there.
 * @throws LetheError `class-known`, `class-unlearned`, `duplicate-id` (of the task)
 */
export async function announceTask(
  command: LearnCommand,
  position: string,
  registry: ClassRegistry,
): Promise<LetheEvent> {
  await registry.update((snapshot) => announcement(command, position, snapshot));
  return announcedEvent(command);
}

/** The event that tells of an accepted learn command. */
export function announcedEvent({
  task,
  classes,
  samples,
}: Pick<TaskRecord, 'classes' | 'samples'> & { readonly task: string }): Announcement {
  return { kind: 'task-announced', task, classes: [...classes], samples };
}

function announcement(
  command: LearnCommand,
  position: string,
  { classes, tasks }: RegistrySnapshot,
): RegistryChange {
  for (const [index, name] of command.classes.entries()) refuseKnown(classes.get(name), `classes.${index}`);
  if (tasks.has(command.task) || [...classes.values()].some((record) => record.task === command.task)) {
    throw new LetheError('duplicate-id', `task "${command.task}" exists already`, {
      field: 'task',
      value: command.task,
      remedy: 'Give every task a name of its own.',
    });
  }
  const put = command.classes.map(
    (name): ClassRecord => ({ name, state: 'learning', task: command.task, count: 0, centroid: null }),
  );
  const { task: name, samples } = command;
  return {
    put,
    putTasks: [{ name, state: 'open', classes: command.classes, samples }],
    command: { id: command.id, position, details: null },
  };
}

function refuseKnown(record: ClassRecord | undefined, field: string): void {
  if (!record || (record.state === 'erased' && record.erasing === undefined)) return;
  const { name, state } = record;
  if (FORGOTTEN.includes(state)) {
    throw new LetheError(
      'class-unlearned',
      `class "${name}" was unlearned and its vectors are kept in DB-MU`,
      {
        field,
        value: name,
        remedy: 'Send a relearn command: it brings the class back at once, without training.',
      },
    );
  }
  throw new LetheError('class-known', `class "${name}" is already ${state} (task "${record.task}")`, {
    field,
    value: name,
    remedy: 'Leave the class out of the command; a class is learned once.',
  });
}
