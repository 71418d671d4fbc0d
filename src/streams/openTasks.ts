import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { deleteErased } from '../learning/abandonTask.js';
import { announcedEvent } from '../learning/announceTask.js';
import type { Announcement, SampleCounts } from '../learning/task.js';

/** What a worker that begins finds half done. */
export interface Unfinished {
  /** Tasks whose samples were arriving or that trained. */
  readonly open: readonly Announcement[];
  /** Events of tasks whose model is current but was not told of. */
  readonly untold: readonly LetheEvent[];
}

/** What the worker before this one left unfinished, by the registry. */
export async function unfinished(store: KnowledgeStore): Promise<Unfinished> {
  await deleteErased(store);
  const { tasks, model } = await store.registry.refresh();
  const open: Announcement[] = [];
  const untold: LetheEvent[] = [];
  for (const task of tasks.values()) {
    if (task.state === 'open') open.push(announcedEvent({ ...task, task: task.name }));
    if (task.state === 'finished' && model) {
      untold.push(
        { kind: 'model-published', model },
        { kind: 'task-finished', task: task.name, modelVersion: model.version, ms: 0 },
      );
    }
  }
  return { open, untold };
}

/** How many samples of the task were stored or refused so far, by this worker or one before it. */
export async function samplesOf(
  { task, classes }: Announcement,
  { registry, vectors }: KnowledgeStore,
): Promise<SampleCounts> {
  const [stored, { named, nameless }] = await Promise.all([
    vectors.count({ classes }),
    registry.refusedOf(task),
  ]);
  return { stored, refused: named, nameless };
}
