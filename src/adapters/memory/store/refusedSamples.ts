import type { RefusedCounts, RefusedSample } from '../../knowledgeStore.js';

interface Refused {
  readonly named: Set<string>;
  readonly nameless: Set<string>;
}

/** What a refused sample is counted by: its id, or its position where it has none, or that of a stored sample. */
export function countedBy(
  { id, position }: RefusedSample,
  isStored: (id: string) => boolean,
): { readonly id: string } | { readonly position: string } {
  return id !== undefined && !isStored(id) ? { id } : { position };
}

/** Which samples of which task were refused and not stored since. */
export class RefusedSamples {
  readonly #tasks = new Map<string, Refused>();

  /** @param isStored whether a vector of this id is stored */
  constructor(private readonly isStored: (id: string) => boolean) {}

  note(task: string, samples: readonly RefusedSample[]): void {
    const { named, nameless } = this.#tasks.get(task) ?? { named: new Set(), nameless: new Set() };
    for (const sample of samples) {
      const by = countedBy(sample, this.isStored);
      if ('id' in by) named.add(by.id);
      else nameless.add(by.position);
    }
    this.#tasks.set(task, { named, nameless });
  }

  /** They are stored: of whatever task they were refused before, it was not for good. */
  forget(ids: readonly string[]): void {
    for (const { named } of this.#tasks.values()) for (const id of ids) named.delete(id);
  }

  of(task: string): RefusedCounts {
    const { named, nameless } = this.#tasks.get(task) ?? {};
    return { named: named?.size ?? 0, nameless: nameless?.size ?? 0 };
  }

  drop(task: string): void {
    this.#tasks.delete(task);
  }
}
