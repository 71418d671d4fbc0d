import type { Holder, HolderGone, KnownHolder } from '../../../domain/holders.js';
import type { Holders } from '../../holders.js';

/** The holders of a store in memory: those of this process. */
export class MemoryHolders implements Holders {
  readonly #holders = new Map<string, Holder>();
  readonly #gone = new Map<string, string>();

  async list(): Promise<readonly KnownHolder[]> {
    return [...this.#holders.values()].map((holder) => ({
      ...holder,
      gone: this.#gone.get(holder.id) === holder.seenAt,
    }));
  }

  async note(holder: Holder): Promise<void> {
    this.noteNow(holder);
  }

  /** As {@link note}, within this turn of the event loop. */
  noteNow(holder: Holder): void {
    this.#holders.set(holder.id, holder);
  }

  async drop(id: string): Promise<void> {
    this.#holders.delete(id);
  }

  /** Within this turn of the event loop, as the registry changes. */
  goneNow(gone: readonly HolderGone[]): void {
    for (const { id, seenAt } of gone) this.#gone.set(id, seenAt);
  }
}
