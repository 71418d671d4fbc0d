import fc from 'fast-check';
import type { EventKind } from '../../src/domain/messages/event.js';
import { Model } from './model.js';
import { STEPS } from './steps.js';
import { type Ground, System } from './system.js';

/**
 * The property that the real system, with a store (and maybe a log) of its own for each sequence of steps, ends every step as the model does.
 * @param happened is told how many events of each kind were written
 */
export function interleaved(create: () => Promise<Ground>, happened: Map<EventKind, number>) {
  return fc.asyncProperty(
    fc.commands(STEPS, { maxCommands: 60, size: 'max' }),
    fc.integer({ min: 1, max: 2 ** 30 }),
    async (commands, seed) => {
      const ground = await create();
      const system = new System(ground, seed);
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
        await ground.store.close();
      }
    },
  );
}
