import type { KnowledgeStore } from '../../src/adapters/knowledgeStore.js';
import type { RegistrySnapshot } from '../../src/domain/classes.js';

/**
 * Another worker's view of a store in memory, as one elsewhere has it: its `snapshot` is what it asked for last, however much
 * others changed since. So what must `refresh` and does not is wrong here, as it would be over Redis. Vectors are shared.
 * It closes nothing: the store is the others', too.
 */
export function laggingView(store: KnowledgeStore): KnowledgeStore {
  const { registry } = store;
  let seen: RegistrySnapshot = registry.snapshot();
  const note = (snapshot: RegistrySnapshot): RegistrySnapshot => {
    seen = snapshot;
    return snapshot;
  };
  return {
    ...store,
    registry: {
      snapshot: () => seen,
      refresh: async () => note(await registry.refresh()),
      demand: (version) => registry.demand(version),
      update: async (decide) => note(await registry.update(decide)),
      receipt: (id) => registry.receipt(id),
      noteRefused: (task, samples) => registry.noteRefused(task, samples),
      refusedOf: (task) => registry.refusedOf(task),
    },
    migrate: async (decide) => {
      const result = await store.migrate(decide);
      note(result.snapshot);
      return result;
    },
    close: async () => undefined,
  };
}
