import fc from 'fast-check';
import type { KnowledgeStore } from '../../src/adapters/knowledgeStore.js';
import type { EventKind } from '../../src/domain/messages/event.js';
import { Model } from './model.js';
import { STEPS } from './steps.js';
import { System } from './system.js';

/**
 * The property that the real system, with a store of its own for each sequence of steps, ends every step as the model does.
 * @param happened is told how many events of each kind were written
 */
export function interleaved(createStore: () => Promise<KnowledgeStore>, happened: Map<EventKind, number>) {
  return fc.asyncProperty(
    fc.commands(STEPS, { maxCommands: 60, size: 'max' }),
    fc.integer({ min: 1, max: 2 ** 30 }),
    async (commands, seed) => {
      const store = await createStore();
      const system = new System(store, seed);
      try {
        await fc.asyncModelRun(
          () => ({ model: new Model(), real: { system, commands: 0, read: 0 } }),
          commands,
        );
        for (const entry of system.journal)
          if (entry.kind === 'event')
            happened.set(entry.event.kind, (happened.get(entry.event.kind) ?? 0) + 1);
      } finally {
        await system.end();
        await store.close();
      }
    },
  );
}
