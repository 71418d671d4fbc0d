/** Which fetches of a consumer failed: kafkajs tries them again, and tells no one. */
export class Fetches {
  /** Brokers that did not answer what they were asked last. */
  readonly #open = new Set<unknown>();
  #failed = false;

  began(node: unknown): void {
    if (this.#open.has(node)) this.#failed = true;
    this.#open.add(node);
  }

  /** @returns whether one failed since the last that succeeded */
  succeeded(node: unknown): boolean {
    const failed = this.#failed;
    this.#failed = false;
    this.#open.delete(node);
    return failed;
  }
}

/** The offset that was asked for; kafkajs does not say so in its types. */
export function fetchedOffset(batch: object): bigint | undefined {
  if (!('fetchedOffset' in batch)) return undefined;
  const { fetchedOffset: offset } = batch;
  return typeof offset === 'string' ? BigInt(offset) : undefined;
}
