/** What is waited for now, by a key: what is said of a key last takes the place of what was said before. */
export class LatestWaits {
  readonly #ends = new Map<string, () => void>();

  /**
   * @param end ends the new waiting; null where nothing is waited for any more
   * @returns whether something was waited for until now
   */
  replace(key: string, end: (() => void) | null): boolean {
    const before = this.#ends.get(key);
    before?.();
    if (end) this.#ends.set(key, end);
    else this.#ends.delete(key);
    return before !== undefined;
  }
}
