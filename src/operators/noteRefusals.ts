import type { OperatorFunction } from 'rxjs';
import type { ClassRegistry, RefusedSample } from '../adapters/knowledgeStore.js';
import { idOf, taskOf } from '../domain/cloudEvents.js';
import { positionOf } from '../domain/record.js';
import type { Flow } from './flow.js';
import { mapInBatches } from './mapInBatches.js';

/**
 * Records refused samples with their task, before they are settled: they arrived, and a restarted worker must know
 * it. They are identified by their ids: a corrected sample with the same id is the same sample. A sample with an
 * unreadable id has none that a corrected one could repeat; see {@link SampleCounts} for what it counts. Passes
 * everything on unchanged.
 */
export function noteRefusals<T>(
  registry: ClassRegistry,
  { batchSize }: { readonly batchSize: number },
): OperatorFunction<Flow<T>, Flow<T>> {
  return mapInBatches(batchSize, async (items) => {
    const refused = new Map<string, RefusedSample[]>();
    for (const item of items) {
      const task = item.ok ? undefined : taskOf(item.source);
      // Nobody waits for samples of a task that is over, and their ids are their senders' data.
      if (task === undefined || isOver(task, registry)) continue;
      const samples = refused.get(task) ?? [];
      samples.push({ id: idOf(item.source), position: positionOf(item.source) });
      refused.set(task, samples);
    }
    await Promise.all([...refused].map(([task, samples]) => registry.noteRefused(task, samples)));
    return items;
  });
}

function isOver(task: string, registry: ClassRegistry): boolean {
  const state = registry.snapshot().tasks.get(task)?.state;
  return state !== undefined && state !== 'open';
}
