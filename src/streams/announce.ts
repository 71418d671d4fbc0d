import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { noteTold } from '../auditing/confirmEvent.js';
import { encodeEvent, encodeModelVersion } from '../domain/cloudEvents.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { markErasureComplete, markErasureTold } from '../forgetting/purgeClasses.js';
import type { Common } from './context.js';
import type { Signal } from './signal.js';

/** Writes an event, and the model version where it tells of one; then it is a signal. */
export function announce({
  log,
  topics,
  settings,
  store,
}: Omit<Common, 'stop'>): (event: LetheEvent) => Promise<Signal> {
  return async (event) => {
    const told = encodeEvent(event, settings.modelName, topics);
    const records = [told];
    if (event.kind === 'model-published')
      records.push(encodeModelVersion(event.model, settings.modelName, topics));
    // Before the event is there for others: whoever checks it then finds the note.
    if (event.kind === 'erased' || event.kind === 'erasure-completed')
      await noteTold(told.value, store.registry);
    await log.publish(records);
    if (event.kind === 'task-finished') await markTold(event.task, store);
    if (event.kind === 'erased') await markErasureTold(event.commandId, store);
    if (event.kind === 'erasure-completed') await markErasureComplete(event.commandId, store);
    return { kind: 'event', event };
  };
}

async function markTold(name: string, { registry }: KnowledgeStore): Promise<void> {
  await registry.update(({ tasks }) => {
    const task = tasks.get(name);
    return task?.state === 'finished' ? { putTasks: [{ ...task, state: 'told' }] } : null;
  });
}
