import type { KnowledgeStore, Migration } from '../adapters/knowledgeStore.js';
import {
  type ClassRecord,
  classesIn,
  type ForgottenState,
  type RegistrySnapshot,
} from '../domain/classes.js';
import { nextOf, standingOf } from '../domain/classStates.js';
import { inState } from '../knowledge/judgeClasses.js';
import type { Announcement } from './task.js';

/**
 * A task ended without a model: it can be announced again. Its classes go back to what they were, in one step. Of a new one
 * nothing but its samples stays, until it is announced again or unlearned. One that was forgotten before is forgotten again,
 * with what came for it: the vectors of an unlearned one lie in DB-MU, those of an erased one go.
 */
export async function abandonTask(announcement: Announcement, store: KnowledgeStore): Promise<void> {
  await store.migrate((snapshot) => abandonment(announcement, snapshot));
  await deleteErased(store);
}

function abandonment({ task, classes }: Announcement, snapshot: RegistrySnapshot): Migration {
  const failed = classes.flatMap((name): ClassRecord[] => {
    const record = snapshot.classes.get(name);
    if (!record || record.task !== task) return [];
    return nextOf('failed', standingOf(record, 0, snapshot)) === 'before' ? [record] : [];
  });
  return {
    from: 'cil',
    to: 'mu',
    classes: failed.flatMap((record) => (record.before ? [asBefore(record, record.before, snapshot)] : [])),
    drop: failed.flatMap(({ name, before }) => (before ? [] : [name])),
    dropTasks: [task],
  };
}

/**
 * Samples of an erased class that arrived for the task, and the progress of its training, must be checked for like
 * earlier ones.
 */
function asBefore(record: ClassRecord, before: ForgottenState, { version }: RegistrySnapshot): ClassRecord {
  const { erasure, ...back } = inState(record, before);
  return {
    ...back,
    ...(erasure && { erasure: { ...erasure, since: version + 1, files: 'due', completed: false } }),
  };
}

/**
 * Deletes what is stored of erased classes: a worker that died while a task failed may have left it. Only from DB-MU,
 * where it is: samples of a class that is announced again go to DB-CIL.
 */
export async function deleteErased({ vectors, registry }: KnowledgeStore): Promise<void> {
  const erased = classesIn(await registry.refresh(), 'erased').map(({ name }) => name);
  if (erased.length === 0 || (await vectors.count({ database: 'mu', classes: erased })) === 0) return;
  await vectors.delete({ database: 'mu', classes: erased });
}
