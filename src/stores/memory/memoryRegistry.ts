import type { RegistrySnapshot } from '../../domain/classes.js';
import type { ClassRegistry, RegistryChange } from '../knowledgeStore.js';

/** The class registry in the memory of this process. */
export class MemoryRegistry implements ClassRegistry {
  #snapshot: RegistrySnapshot = { version: 0, classes: new Map() };
  readonly #processed = new Set<string>();

  snapshot(): RegistrySnapshot {
    return this.#snapshot;
  }

  async commit(change: RegistryChange): Promise<RegistrySnapshot> {
    return this.commitNow(change);
  }

  /** As {@link commit}, within this turn of the event loop, so that others' changes can be part of the same step. */
  commitNow({ put = [], drop = [], commandId }: RegistryChange): RegistrySnapshot {
    if (commandId !== undefined && this.isProcessed(commandId)) return this.#snapshot;
    const classes = new Map(this.#snapshot.classes);
    for (const name of drop) classes.delete(name);
    for (const record of put) classes.set(record.name, record);
    if (commandId !== undefined) this.#processed.add(commandId);
    this.#snapshot = { version: this.#snapshot.version + 1, classes };
    return this.#snapshot;
  }

  async wasProcessed(commandId: string): Promise<boolean> {
    return this.isProcessed(commandId);
  }

  isProcessed(commandId: string): boolean {
    return this.#processed.has(commandId);
  }
}
