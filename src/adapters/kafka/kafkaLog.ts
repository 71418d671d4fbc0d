import type { Admin } from 'kafkajs';
import { Observable, type Subscriber } from 'rxjs';
import type { LogRecord, OutgoingRecord } from '../../domain/record.js';
import { closedError } from '../closedError.js';
import type { EventLog, Loss, Positions, Retention, Settled, Subscription } from '../eventLog.js';
import { correctAbortedRecords } from './abortedRecords.js';
import { Turn } from './caution.js';
import { registerCodecs } from './codecs.js';
import { rememberCoordinators, tellForbiddenGroups } from './coordinators.js';
import { textOf } from './failures.js';
import { correctFetchedRecords } from './fetchedRecords.js';
import { Group } from './group.js';
import { lostIn } from './losses.js';
import { type Kept, Offsets } from './offsets.js';
import type { KafkaLogOptions } from './options.js';
import { takePartitionsInTurn } from './partitionsInTurn.js';
import { Publisher } from './publisher.js';
import type { Reader } from './reader.js';
import type { Sizing } from './requests.js';
import { withAdmin } from './startCheck.js';
import { askForTopicIds } from './topicIds.js';
import { TopicLimits } from './topicLimits.js';
import { Patience } from './waiting.js';

/** Interval of the checks whether the cluster answers and the topics are unchanged. */
const WATCH_MS = 3000;

/** The event log in Kafka. */
export interface KafkaLog extends EventLog {
  /** Whether the cluster answered the last request. */
  readonly connected: boolean;
  /** Requests that `publish` has sent so far: shows the effect of batching. */
  readonly publishRequests: number;
}

/**
 * The event log in Kafka, after the cluster answered. Positions are those of consumer groups. With `exactly-once`
 * delivery, one transaction writes the outputs of a settlement and the position.
 * @param prepare runs first, over the connection that checks whether the cluster answers
 */
export async function createKafkaLog(
  options: KafkaLogOptions,
  prepare: (admin: Admin) => Promise<void> = async () => undefined,
): Promise<KafkaLog> {
  correctFetchedRecords();
  correctAbortedRecords();
  takePartitionsInTurn();
  rememberCoordinators();
  tellForbiddenGroups();
  askForTopicIds();
  await registerCodecs();
  await withAdmin(options, prepare);
  return new Log(options);
}

class Log implements KafkaLog {
  readonly #options: KafkaLogOptions;
  readonly #closing = new AbortController();
  readonly #patience: Patience;
  readonly #offsets: Offsets;
  readonly #limits: TopicLimits;
  readonly #sizing: Sizing;
  readonly #publisher: Publisher;
  readonly #groups = new Map<string, Group>();
  readonly #readers = new Set<Reader>();
  readonly #turn = new Turn();
  /** Subscriptions that are determining their start: they must receive what is published after them. */
  readonly #starting = new Set<Promise<unknown>>();
  readonly #watching: NodeJS.Timeout;
  /** The key of a missing topic among the troubles. */
  readonly #missing = new Map<string, object>();
  #looking = false;
  #closed: Promise<void> | undefined;

  constructor(options: KafkaLogOptions) {
    this.#options = options;
    this.#patience = new Patience(options, this.#closing.signal, (why) =>
      options.onConnection?.(why === undefined, why),
    );
    this.#offsets = new Offsets(this.#patience);
    this.#limits = new TopicLimits((topics) => this.#offsets.largestBatches(topics));
    this.#sizing = { ...options, limits: this.#limits };
    this.#publisher = new Publisher(options, this.#patience, this.#sizing);
    this.#watching = setInterval(() => void this.#watch(), WATCH_MS).unref();
  }

  get connected(): boolean {
    return this.#patience.well;
  }

  get publishRequests(): number {
    return this.#publisher.requests;
  }

  read(subscription: Subscription): Observable<LogRecord> {
    return new Observable((subscriber) => this.#join(subscription, subscriber));
  }

  async settle(groupName: string, settled: readonly Settled[]): Promise<readonly LogRecord[]> {
    this.#refuseIfClosed();
    const group = this.#groups.get(groupName);
    return group ? await group.settle(settled) : settled.map(({ input }) => input);
  }

  async publish(outputs: readonly OutgoingRecord[]): Promise<void> {
    this.#refuseIfClosed();
    if (this.#starting.size > 0) await Promise.allSettled(this.#starting);
    await this.#publisher.publish(outputs);
  }

  ends(topics: readonly string[]): Promise<Positions> {
    return this.#endsOf(topics, (topic) => this.#offsets.kept(topic));
  }

  writtenEnds(topics: readonly string[]): Promise<Positions> {
    return this.#endsOf(topics, (topic) => this.#offsets.written(topic));
  }

  async lag(groupName: string, topics: readonly string[]): Promise<number> {
    this.#refuseIfClosed();
    const group = this.#groups.get(groupName);
    const lags = topics.map(async (topic) => {
      const committed = await this.#offsets.committed(groupName, topic);
      const written = await this.#offsets.written(topic);
      return written.reduce((lag, range, partition) => {
        const position = within(range, committed.get(partition));
        const known = within(range, group?.readUpTo(topic, partition));
        return lag + Number(range.high - (known > position ? known : position));
      }, 0);
    });
    return (await Promise.all(lags)).reduce((sum, lag) => sum + lag, 0);
  }

  async positions(group: string, topic: string): Promise<readonly bigint[]> {
    this.#refuseIfClosed();
    const onlooking = this.#groups.get(group);
    if (onlooking?.transient) {
      const kept = await this.#offsets.kept(topic);
      return kept.map(({ low }, partition) => onlooking.readUpTo(topic, partition) ?? low);
    }
    const committed = await this.#offsets.committed(group, topic);
    return (await this.#offsets.kept(topic)).map((kept, partition) => within(kept, committed.get(partition)));
  }

  async losses(group: string, topic: string): Promise<readonly Loss[]> {
    this.#refuseIfClosed();
    const committed = await this.#offsets.committed(group, topic);
    return (await this.#offsets.kept(topic)).flatMap((kept, partition) => {
      const lost = lostIn(kept, committed.get(partition));
      return lost ? [{ group, topic, partition, ...lost }] : [];
    });
  }

  async deleteBefore(topic: string, offsets: readonly bigint[]): Promise<void> {
    this.#refuseIfClosed();
    await this.#offsets.deleteBefore(topic, offsets);
  }

  async retention(topics: readonly string[]): Promise<ReadonlyMap<string, Retention>> {
    this.#refuseIfClosed();
    return this.#offsets.retention(topics);
  }

  async largestRecord(topic: string): Promise<number> {
    this.#refuseIfClosed();
    return this.#limits.largestRecord(topic);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#watching);
    const leaving = [...this.#groups.values()].flatMap((group) => group.close());
    await Promise.all([...this.#groups.values()].map((group) => group.settledSoFar()));
    this.#closing.abort();
    await Promise.allSettled(leaving);
    await Promise.all([...this.#groups.values()].map((group) => group.disconnect()));
    await this.#publisher.close();
    await this.#offsets.close();
  }

  #join(subscription: Subscription, subscriber: Subscriber<LogRecord>): void {
    if (this.#closed) {
      subscriber.complete();
      return;
    }
    const group = this.#group(subscription);
    const starts = this.#startsOf(subscription);
    const reader = group.join(subscription, subscriber, starts);
    this.#readers.add(reader);
    subscriber.add(() => {
      this.#readers.delete(reader);
      void group.leave(reader).then(() => {
        if (!group.transient || group.readers > 0) return;
        if (this.#groups.get(group.name) === group) this.#groups.delete(group.name);
        this.#offsets.forget(group.name).catch(() => undefined);
      });
    });
  }

  #group({ group: name, transient = false }: Subscription): Group {
    const known = this.#groups.get(name);
    if (known) return known;
    const parts = { options: this.#options, patience: this.#patience };
    const group = new Group(name, transient, {
      ...parts,
      offsets: this.#offsets,
      publisher: this.#publisher,
      sizing: this.#sizing,
      turn: this.#turn,
    });
    this.#groups.set(name, group);
    return group;
  }

  /** The start without a position, if not the beginning: for `latest`, the current ends. */
  #startsOf({ from, topics }: Subscription): Promise<Positions | undefined> {
    if (from === undefined || from === 'earliest') return Promise.resolve(undefined);
    if (from !== 'latest') return Promise.resolve(from);
    const ends = this.ends(topics);
    this.#starting.add(ends);
    const forget = (): boolean => this.#starting.delete(ends);
    ends.then(forget, forget);
    return ends;
  }

  async #watch(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#offsets.ping();
      await this.#look();
      this.#patience.over(this);
    } catch (thrown) {
      this.#patience.troubled(this, textOf(thrown));
    } finally {
      this.#looking = false;
    }
  }

  /** Checks whether the topics exist and are unchanged. */
  async #look(): Promise<void> {
    const groups = [...this.#groups.values()];
    const { topicsExist = [] } = this.#options;
    const topics = [...new Set([...topicsExist, ...groups.flatMap((group) => [...group.topics])])];
    const found = await this.#offsets.find(topics);
    for (const topic of topics) {
      const id = found.get(topic)?.id;
      const missing = this.#missing.get(topic) ?? {};
      this.#missing.set(topic, missing);
      if (found.get(topic)) this.#patience.over(missing);
      else this.#patience.troubled(missing, `Kafka has no topic ${topic} any more`);
      if (id !== undefined) for (const group of groups) group.identify(topic, id);
    }
  }

  async #endsOf(
    topics: readonly string[],
    find: (topic: string) => Promise<readonly Kept[]>,
  ): Promise<Positions> {
    this.#refuseIfClosed();
    const ends = topics.map(async (topic) => [topic, (await find(topic)).map(({ high }) => high)] as const);
    return new Map(await Promise.all(ends));
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw closedError();
  }
}

/**
 * The position, limited to the stored range: a position behind the end belongs to a topic that was truncated or
 * created again.
 */
function within({ low, high }: Kept, position = low): bigint {
  return position < low || position > high ? low : position;
}
