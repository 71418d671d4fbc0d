import type { Signal } from './waiting.js';

/** How many records, and bytes of records, one subscription may still receive. */
export class Credit {
  #records = 0;
  #bytes = 0;

  constructor(
    private readonly limit: { readonly records: number; readonly bytes: number },
    private readonly freed: Signal,
  ) {}

  /** Records that were emitted and not settled. */
  get used(): number {
    return this.#records;
  }

  /** Whether a record of this size may be emitted; a single record always may. */
  covers(bytes: number): boolean {
    if (this.#records === 0) return true;
    return this.#records < this.limit.records && this.#bytes + bytes <= this.limit.bytes;
  }

  /** Takes credit for a record; the returned function gives it back, once. */
  take(bytes: number): () => void {
    this.#records++;
    this.#bytes += bytes;
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      this.#records--;
      this.#bytes -= bytes;
      this.freed.fire();
    };
  }
}
