import { LetheError } from '../../domain/errors.js';

/** Bytes of a batch that are no records: its header, and what the log writes before it. */
const BATCH_OVERHEAD = 128;
/** After this time, a limit that an operator raised takes effect without a restart. */
const KNOWN_FOR_MS = 30_000;

/** `max.message.bytes` of topics, if the cluster returns it. */
type Ask = (topics: readonly string[]) => Promise<ReadonlyMap<string, number>>;

/** How large the records of topics may be: requested when needed, and cached for a while. */
export class TopicLimits {
  readonly #known = new Map<string, { readonly bytes: number; readonly at: number }>();
  readonly #asking = new Map<string, Promise<void>>();

  constructor(
    private readonly ask: Ask,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * The largest record that the topic accepts, as `recordBytes` counts; undefined before anyone asked. What is older than half a
   * minute is requested again in the background: a limit that was lowered for a while does not stay for good.
   */
  known(topic: string): number | undefined {
    const known = this.#known.get(topic);
    // Whoever asks next time tries again.
    if (known && this.now() - known.at > KNOWN_FOR_MS) this.#refreshOne(topic).catch(() => undefined);
    return known?.bytes;
  }

  /** The same, which the first time waits for the cluster to tell. */
  async largestRecord(topic: string): Promise<number> {
    if (!this.#known.has(topic)) await this.#refreshOne(topic);
    return this.known(topic) ?? Number.POSITIVE_INFINITY;
  }

  async refresh(topics: readonly string[]): Promise<void> {
    const distinct = [...new Set(topics)];
    const limits = await this.#asked(distinct);
    for (const topic of distinct) {
      const bytes = limits.get(topic);
      this.#known.set(topic, {
        bytes: bytes === undefined ? Number.POSITIVE_INFINITY : bytes - BATCH_OVERHEAD,
        at: this.now(),
      });
    }
  }

  /** Once for all who ask meanwhile. */
  #refreshOne(topic: string): Promise<void> {
    const known = this.#asking.get(topic);
    if (known) return known;
    const asking = this.refresh([topic]).finally(() => this.#asking.delete(topic));
    this.#asking.set(topic, asking);
    return asking;
  }

  /** A user without permission for this request learns the limits from refusals. */
  async #asked(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    try {
      return await this.ask(topics);
    } catch (thrown) {
      if (thrown instanceof LetheError && thrown.code === 'config-invalid') return new Map();
      throw thrown;
    }
  }
}
