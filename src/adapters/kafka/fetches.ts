/** Tracks failed fetches of a consumer: kafkajs retries them silently. */
export class Fetches {
  /** Brokers that did not answer the last request. */
  readonly #open = new Set<unknown>();
  #failed = false;

  began(node: unknown): void {
    if (this.#open.has(node)) this.#failed = true;
    this.#open.add(node);
  }

  /** @returns whether a fetch failed since the last success */
  succeeded(node: unknown): boolean {
    const failed = this.#failed;
    this.#failed = false;
    this.#open.delete(node);
    return failed;
  }
}

/** The requested offset, which the types of kafkajs do not contain. */
export function fetchedOffset(batch: object): bigint | undefined {
  if (!('fetchedOffset' in batch)) return undefined;
  const { fetchedOffset: offset } = batch;
  return typeof offset === 'string' ? BigInt(offset) : undefined;
}
