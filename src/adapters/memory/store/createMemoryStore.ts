import type { KnowledgeStore } from '../../knowledgeStore.js';
import { SOLE_LEARNER } from '../../learnerLease.js';
import { MemoryHolders } from './memoryHolders.js';
import { MemoryRegistry } from './memoryRegistry.js';
import { MemoryVectors } from './memoryVectors.js';

/**
 * Databases and registry in the memory of this process: the embedded default. Nothing outlives the process.
 * @param options.dimension components of every vector
 */
export function createMemoryStore({ dimension }: { readonly dimension: number }): KnowledgeStore {
  const vectors = new MemoryVectors(dimension);
  const holders = new MemoryHolders();
  const registry = new MemoryRegistry((id) => vectors.has(id), holders);
  return {
    vectors,
    registry,
    lease: SOLE_LEARNER,
    holders,
    history: null,
    // Nothing waits between the checks and the two changes, so nobody sees one without the other.
    async migrate(decide) {
      const { from, to, classes, ...change } = decide(registry.snapshot());
      if (change.command && registry.wasCarriedOut(change.command.id))
        return { moved: new Map(), snapshot: registry.snapshot() };
      const names = classes.map(({ name }) => name);
      const moved = vectors.moveNow(names, from, to);
      return { moved, snapshot: registry.applyNow({ put: classes, ...change }, moved) };
    },
    async insert(records, registryVersion) {
      if (registry.snapshot().version !== registryVersion) return false;
      if (vectors.withdrawnNow(records.map(({ id }) => id)).size > 0) return false;
      vectors.upsertNow('cil', records);
      registry.storedNow(records.map(({ id }) => id));
      return true;
    },
    async withdraw(ids, learning) {
      return vectors.withdrawNow(ids, (id, className) => {
        const task = learning.get(className);
        if (task !== undefined) registry.deletedNow(task, id);
      });
    },
    detector: async (sha256) => registry.detector(sha256),
    rewriteFiles: async () => 'none',
    ready: async () => undefined,
    close: () => vectors.release(),
  };
}
