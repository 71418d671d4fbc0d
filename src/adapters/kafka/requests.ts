import type { TopicMessages } from 'kafkajs';
import type { LetheError } from '../../domain/errors.js';
import { type OutgoingRecord, recordBytes } from '../../domain/record.js';
import { isTooLarge, tooLargeError } from './failures.js';
import type { KafkaLogOptions } from './options.js';
import type { TopicLimits } from './topicLimits.js';

/** The limits that determine how records form requests. */
export interface Sizing extends Pick<KafkaLogOptions, 'batchBytes' | 'framing'> {
  readonly limits: TopicLimits;
}

/** A record to send, and its original: framing and smaller forms change it. */
interface Planned {
  readonly record: OutgoingRecord;
  readonly given: OutgoingRecord;
  /** Its size. */
  readonly bytes: number;
}

/**
 * No broker reads a larger request, unless `socket.request.max.bytes` was raised: it closes the connection silently.
 */
const LARGEST_REQUEST = 100 * 2 ** 20 - 2 ** 16;

/**
 * Groups records into requests, in order: as many as `batchBytes` and the limits of the topics allow, and fewer if
 * Kafka refuses that. If Kafka refuses a single record, its smaller form replaces it.
 */
export class Requests {
  #records: Planned[];
  #at = 0;
  /** Largest number of records in a request, while Kafka refuses for a reason that its limits do not explain. */
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

  /** Starts again with the first record. */
  begin(): void {
    this.#at = 0;
  }

  /** Skips a record that cannot be sent. */
  skip(): void {
    this.#at++;
  }

  /**
   * Sends the next request.
   * @returns whether Kafka accepted it; if not, it was too large, and the next one is smaller
   * @throws TooLarge if it contains a single record without a smaller form
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

  /**
   * Shrinks all records that would also be refused, at once: in a transaction, each refusal loses everything that was
   * sent before.
   */
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

/** A record that its topic accepts in no form. */
export class TooLarge extends Error {
  constructor(
    readonly record: OutgoingRecord,
    readonly error: LetheError,
  ) {
    super(error.message, { cause: error });
  }
}

/** @returns false if it is too large */
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

/** A request in the format of kafkajs. */
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
