import type { OperatorFunction } from 'rxjs';
import { taskOf } from '../domain/cloudEvents.js';
import { positionOf } from '../domain/record.js';
import type { ClassRegistry } from '../stores/knowledgeStore.js';
import type { Flow } from './flow.js';
import { mapInBatches } from './mapInBatches.js';

/**
 * Notes refused samples with their task, before they are settled: they arrived, and a restarted worker must know it.
 * Passes everything on as it is.
 */
export function noteRefusals<T>(
  registry: ClassRegistry,
  { batchSize }: { readonly batchSize: number },
): OperatorFunction<Flow<T>, Flow<T>> {
  return mapInBatches(batchSize, async (items) => {
    const positions = new Map<string, string[]>();
    for (const item of items) {
      const task = item.ok ? undefined : taskOf(item.source);
      if (task === undefined) continue;
      positions.set(task, [...(positions.get(task) ?? []), positionOf(item.source)]);
    }
    await Promise.all([...positions].map(([task, refused]) => registry.noteRefused(task, refused)));
    return items;
  });
}
