import type { TopicMessages } from 'kafkajs';
import type { LetheError } from '../../domain/errors.js';
import { type OutgoingRecord, recordBytes } from '../../domain/record.js';
import { isTooLarge, tooLargeError } from './failures.js';
import type { KafkaLogOptions } from './options.js';
import type { TopicLimits } from './topicLimits.js';

/** What decides how records are put together to requests. */
export interface Sizing extends Pick<KafkaLogOptions, 'batchBytes' | 'framing'> {
  readonly limits: TopicLimits;
}

/** A record on its way, and what it was when it was given: framing and smaller forms make others of it. */
interface Planned {
  readonly record: OutgoingRecord;
  readonly given: OutgoingRecord;
  /** What it takes. */
  readonly bytes: number;
}

/** No broker reads a larger request, unless `socket.request.max.bytes` was raised: it hangs up without a word. */
const LARGEST_REQUEST = 100 * 2 ** 20 - 2 ** 16;

/**
 * Records in requests, in their order: as many together as `batchBytes` and the limits of the topics allow, and fewer
 * where Kafka refuses that. A record that it refuses alone gives way to its smaller form.
 */
export class Requests {
  #records: Planned[];
  #at = 0;
  /** Records in a request at most, while Kafka refuses for a reason that its limits do not tell. */
  #most = Number.POSITIVE_INFINITY;

  constructor(
    records: readonly OutgoingRecord[],
    private readonly sizing: Sizing,
  ) {
    this.#records = records.map((given) => this.#planned(given, given));
  }

  /** Whether all were sent. */
  get done(): boolean {
    return this.#at >= this.#records.length;
  }

  /** From the first again. */
  begin(): void {
    this.#at = 0;
  }

  /** Goes on behind a record that can't be sent. */
  skip(): void {
    this.#at++;
  }

  /**
   * Sends the next request.
   * @returns whether Kafka took it; if not, it was too large, and the next one is smaller
   * @throws TooLarge where it has one record alone, which has no smaller form
   */
  async send(by: (request: TopicMessages[]) => Promise<unknown>): Promise<boolean> {
    const request = this.#next();
    if (await isTaken(request, by)) {
      this.#at += request.length;
      return true;
    }
    await this.sizing.limits.refresh(request.map(({ record }) => record.topic));
    const [first] = request;
    if (request.length === 1 && first) this.#makeSmaller(first);
    // What the limits tell may be enough.
    else if (this.#next().length === request.length) this.#most = Math.floor(request.length / 2);
    return false;
  }

  #next(): Planned[] {
    const { batchBytes, limits } = this.sizing;
    const most = Math.min(batchBytes, LARGEST_REQUEST);
    const ofTopics = new Map<string, number>();
    let total = 0;
    let end = this.#at;
    for (; end < this.#records.length; end++) {
      const { record, bytes } = this.#records[end] as Planned;
      const { topic } = record;
      const ofTopic = (ofTopics.get(topic) ?? 0) + bytes;
      const fits = total + bytes <= most && ofTopic <= (limits.known(topic) ?? most);
      const count = end - this.#at;
      if (count > 0 && (!fits || count >= this.#most)) break;
      total += bytes;
      ofTopics.set(topic, ofTopic);
    }
    return this.#records.slice(this.#at, end);
  }

  #makeSmaller({ record, given, bytes }: Planned): void {
    const { topic } = record;
    if (!record.smaller) throw new TooLarge(given, tooLargeError(record, this.sizing.limits.known(topic)));
    this.#shrink(topic, bytes);
    this.#most = Number.POSITIVE_INFINITY;
  }

  /** At once for all that would be refused likewise: in a transaction each refusal costs all that was sent before. */
  #shrink(topic: string, largest: number): void {
    this.#records = this.#records.map((planned, index) => {
      const { record, given, bytes } = planned;
      const isRefused = index >= this.#at && record.topic === topic && bytes >= largest;
      return isRefused && record.smaller ? this.#planned(record.smaller(), given) : planned;
    });
  }

  #planned(written: OutgoingRecord, given: OutgoingRecord): Planned {
    const record = this.sizing.framing?.write(written) ?? written;
    return { record, given, bytes: recordBytes(record) };
  }
}

/** A record that no topic takes in any form. */
export class TooLarge extends Error {
  constructor(
    readonly record: OutgoingRecord,
    readonly error: LetheError,
  ) {
    super(error.message, { cause: error });
  }
}

/** @returns false where it is too large */
async function isTaken(
  request: readonly Planned[],
  by: (request: TopicMessages[]) => Promise<unknown>,
): Promise<boolean> {
  if (request.some(({ bytes }) => bytes > LARGEST_REQUEST)) return false;
  try {
    await by(messagesOf(request));
    return true;
  } catch (thrown) {
    if (isTooLarge(thrown)) return false;
    throw thrown;
  }
}

/** A request as kafkajs wants it. */
function messagesOf(request: readonly Planned[]): TopicMessages[] {
  const byTopic = new Map<string, TopicMessages>();
  for (const { record } of request) {
    const { topic, key, value, headers } = record;
    const messages = byTopic.get(topic) ?? { topic, messages: [] };
    messages.messages.push({ key, value, headers: { ...headers } });
    byTopic.set(topic, messages);
  }
  return [...byTopic.values()];
}
