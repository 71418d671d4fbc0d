/** What the worker waits for now, by key: a new wait replaces the previous one with the same key. */
export class LatestWaits {
  readonly #ends = new Map<string, () => void>();

  /**
   * @param end ends the new wait; null if there is none any more
   * @returns whether there was a wait until now
   */
  replace(key: string, end: (() => void) | null): boolean {
    const before = this.#ends.get(key);
    before?.();
    if (end) this.#ends.set(key, end);
    else this.#ends.delete(key);
    return before !== undefined;
  }
}
