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

  /** The largest record that the topic accepted at the last request, as `recordBytes` counts. */
  known(topic: string): number | undefined {
    return this.#known.get(topic)?.bytes;
  }

  /** The same, at most half a minute old. Except for the first time, the request runs in the background. */
  async largestRecord(topic: string): Promise<number> {
    const known = this.#known.get(topic);
    const isOld = known === undefined || this.now() - known.at > KNOWN_FOR_MS;
    if (isOld) {
      const asking = this.#asking.get(topic) ?? this.#refreshOne(topic);
      if (known === undefined) await asking;
      else asking.catch(() => undefined); // Whoever asks next time tries again.
    }
    return this.#known.get(topic)?.bytes ?? Number.POSITIVE_INFINITY;
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

  #refreshOne(topic: string): Promise<void> {
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
