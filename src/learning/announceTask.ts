import type { KnowledgeStore, RegistryChange } from '../adapters/knowledgeStore.js';
import {
  type ClassRecord,
  isForgotten,
  isTaskKnown,
  type RegistrySnapshot,
  type TaskRecord,
} from '../domain/classes.js';
import type { Effect } from '../domain/effects.js';
import { LetheError } from '../domain/errors.js';
import type { LearnCommand } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { judged, type StoredClasses, storedOf } from '../knowledge/judgeClasses.js';
import type { Announcement } from './task.js';

/**
 * Carries out a learn command: its classes become `learning`. The training follows when the samples have arrived.
 * @throws LetheError `class-known`, `class-unlearned`, `class-erasing`, `duplicate-id` (of the task)
 */
export async function announceTask(
  command: LearnCommand,
  position: string,
  store: KnowledgeStore,
): Promise<LetheEvent> {
  const stored = await storedOf(command.classes, store);
  await store.registry.update((snapshot) => announcement(command, position, stored, snapshot));
  return announcedEvent(command, command.id);
}

/** The event of an accepted learn command. */
export function announcedEvent(
  { task, classes, samples }: Pick<TaskRecord, 'classes' | 'samples'> & { readonly task: string },
  commandId?: string,
): Announcement {
  return {
    kind: 'task-announced',
    task,
    classes: [...classes],
    samples,
    ...(commandId !== undefined && { commandId }),
  };
}

function announcement(
  { id, task, classes, samples }: LearnCommand,
  position: string,
  stored: StoredClasses,
  snapshot: RegistrySnapshot,
): RegistryChange {
  const before = classes.map(
    (name, index) =>
      judged('learn', name, `classes.${index}`, stored, snapshot).map(({ record }) => record)[0],
  );
  if (isTaskKnown(task, snapshot)) {
    throw new LetheError('duplicate-id', `task "${task}" exists already`, {
      field: 'task',
      value: task,
      remedy: 'Give each task its own name.',
    });
  }
  const put = classes.map((name, index): ClassRecord => {
    const record = before[index];
    return {
      name,
      state: 'learning',
      task,
      count: 0,
      centroid: null,
      ...(record && isForgotten(record) && { before: record.state }),
      ...(record?.erasure && { erasure: record.erasure }),
    };
  });
  return {
    put,
    putTasks: [{ name: task, state: 'open', classes, samples }],
    command: { id, position, details: { kind: 'task-announced', task, classes, samples } satisfies Effect },
  };
}
