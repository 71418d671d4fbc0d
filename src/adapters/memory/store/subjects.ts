import type { VectorRecord } from '../../vectorDatabase.js';

/** Whose vectors are whose. */
export class Subjects {
  readonly #ids = new Map<string, Set<string>>();
  readonly #subjects = new Map<string, string>();

  note({ id, subject }: VectorRecord): void {
    this.forget(id);
    if (subject === undefined) return;
    const ids = this.#ids.get(subject) ?? new Set();
    ids.add(id);
    this.#ids.set(subject, ids);
    this.#subjects.set(id, subject);
  }

  forget(id: string): void {
    const subject = this.#subjects.get(id);
    if (subject === undefined) return;
    this.#subjects.delete(id);
    const ids = this.#ids.get(subject);
    ids?.delete(id);
    if (ids?.size === 0) this.#ids.delete(subject);
  }

  idsOf(subject: string): string[] {
    return [...(this.#ids.get(subject) ?? [])];
  }
}
