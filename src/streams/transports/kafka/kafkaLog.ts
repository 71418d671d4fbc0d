import type { Admin } from 'kafkajs';
import { Observable, type Subscriber } from 'rxjs';
import type { LogRecord, OutgoingRecord } from '../../../domain/record.js';
import { closedError } from '../closedError.js';
import type { EventLog, Positions, Settled, Subscription } from '../eventLog.js';
import { correctAbortedRecords } from './abortedRecords.js';
import { registerCodecs } from './codecs.js';
import { rememberCoordinators } from './coordinators.js';
import { textOf } from './failures.js';
import { Group } from './group.js';
import { Offsets } from './offsets.js';
import type { KafkaLogOptions } from './options.js';
import { Publisher } from './publisher.js';
import type { Reader } from './reader.js';
import { withAdmin } from './startCheck.js';
import type { Patience } from './waiting.js';

/** How often it is asked whether the cluster answers, for `onConnection`. */
const PING_MS = 3000;

/** The event log in Kafka. */
export interface KafkaLog extends EventLog {
  /** Whether the cluster answered last. */
  readonly connected: boolean;
  /** Requests that `publish` needed so far: what batching saves. */
  readonly publishRequests: number;
}

/**
 * The event log in Kafka, once the cluster answered. Positions are those of consumer groups; with `exactly-once`
 * delivery the outputs of a settlement and the position are written in one transaction.
 * @param prepare what is to be done first, over the connection that finds out whether the cluster answers
 */
export async function createKafkaLog(
  options: KafkaLogOptions,
  prepare: (admin: Admin) => Promise<void> = async () => undefined,
): Promise<KafkaLog> {
  correctAbortedRecords();
  rememberCoordinators();
  await registerCodecs();
  await withAdmin(options, prepare);
  return new Log(options);
}

class Log implements KafkaLog {
  readonly #options: KafkaLogOptions;
  readonly #closing = new AbortController();
  readonly #patience: Patience;
  readonly #offsets: Offsets;
  readonly #publisher: Publisher;
  readonly #groups = new Map<string, Group>();
  readonly #readers = new Set<Reader>();
  /** Subscriptions that are finding out where to start: what is published after them is for them. */
  readonly #starting = new Set<Promise<unknown>>();
  readonly #pinging: NodeJS.Timeout;
  #connected = true;
  #closed: Promise<void> | undefined;

  constructor(options: KafkaLogOptions) {
    this.#options = options;
    this.#patience = {
      options,
      signal: this.#closing.signal,
      answered: (connected, why) => this.#answered(connected, why),
    };
    this.#offsets = new Offsets(this.#patience);
    this.#publisher = new Publisher(options, this.#patience);
    this.#pinging = setInterval(() => this.#ping(), PING_MS).unref();
  }

  get connected(): boolean {
    return this.#connected;
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

  async ends(topics: readonly string[]): Promise<Positions> {
    this.#refuseIfClosed();
    const ends = topics.map(async (topic) => {
      const kept = await this.#offsets.kept(topic);
      return [topic, kept.map(({ high }) => high)] as const;
    });
    return new Map(await Promise.all(ends));
  }

  async lag(groupName: string, topics: readonly string[]): Promise<number> {
    this.#refuseIfClosed();
    const group = this.#groups.get(groupName);
    const lags = topics.map(async (topic) => {
      const committed = await this.#offsets.committed(groupName, topic);
      const kept = await this.#offsets.kept(topic);
      return kept.reduce((lag, { low, high }, partition) => {
        const position = committed.get(partition) ?? low;
        const known = group?.readUpTo(topic, partition) ?? position;
        const from = known > position ? known : position;
        return lag + Math.max(0, Number(high - (from > low ? from : low)));
      }, 0);
    });
    return (await Promise.all(lags)).reduce((sum, lag) => sum + lag, 0);
  }

  async positions(group: string, topic: string): Promise<readonly bigint[]> {
    this.#refuseIfClosed();
    const committed = await this.#offsets.committed(group, topic);
    return (await this.#offsets.kept(topic)).map(({ low }, partition) => committed.get(partition) ?? low);
  }

  async deleteBefore(topic: string, offsets: readonly bigint[]): Promise<void> {
    this.#refuseIfClosed();
    await this.#offsets.deleteBefore(topic, offsets);
  }

  async retention(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    this.#refuseIfClosed();
    return this.#offsets.retention(topics);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#pinging);
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
    });
    this.#groups.set(name, group);
    return group;
  }

  /** Where to start without a position, if not at the beginning: for `latest`, the ends as they are now. */
  #startsOf({ from, topics }: Subscription): Promise<Positions | undefined> {
    if (from === undefined || from === 'earliest') return Promise.resolve(undefined);
    if (from !== 'latest') return Promise.resolve(from);
    const ends = this.ends(topics);
    this.#starting.add(ends);
    const forget = (): boolean => this.#starting.delete(ends);
    ends.then(forget, forget);
    return ends;
  }

  #ping(): void {
    this.#offsets.ping().then(
      () => this.#answered(true),
      (thrown: unknown) => this.#answered(false, thrown),
    );
  }

  #answered(connected: boolean, why?: unknown): void {
    if (connected === this.#connected || this.#closing.signal.aborted) return;
    this.#connected = connected;
    this.#options.onConnection?.(connected, connected ? undefined : textOf(why));
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw closedError();
  }
}
