import type { LetheEvent } from '../domain/messages/event.js';
import { announcedEvent } from '../operators/announceTask.js';
import type { Announced } from '../operators/collectTasks.js';
import type { KnowledgeStore } from '../stores/knowledgeStore.js';

/** What a worker that begins finds half done. */
export interface Unfinished {
  /** Tasks whose samples were arriving or that trained, with what is there of them. */
  readonly open: readonly Announced[];
  /** Events of tasks whose model is current but was not told of. */
  readonly untold: readonly LetheEvent[];
}

/** What the worker before this one left unfinished, by the registry. */
export async function unfinished({ registry, vectors }: KnowledgeStore): Promise<Unfinished> {
  const { tasks, model } = await registry.refresh();
  const open: Announced[] = [];
  const untold: LetheEvent[] = [];
  for (const task of tasks.values()) {
    if (task.state === 'open') {
      const [stored, refused] = await Promise.all([
        vectors.count({ classes: task.classes }),
        registry.refusedOf(task.name),
      ]);
      open.push({ ...announcedEvent({ ...task, task: task.name }), already: { stored, refused } });
    }
    if (task.state === 'finished' && model) {
      untold.push(
        { kind: 'model-published', model },
        { kind: 'task-finished', task: task.name, modelVersion: model.version, ms: 0 },
      );
    }
  }
  return { open, untold };
}
