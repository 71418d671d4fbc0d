import { Observable, type Subscriber } from 'rxjs';
import type { LogRecord, OutgoingRecord } from '../../../domain/record.js';
import { closedError } from '../../closedError.js';
import type { EventLog, Loss, Positions, Retention, Settled, Subscription } from '../../eventLog.js';
import { Group, type Reader } from './group.js';
import type { LogStorage } from './storage.js';
import { type Capacity, Topic } from './topic.js';

/** How a log of this process is laid out. */
export interface LocalLogOptions {
  /** Partitions of a topic. */
  readonly partitions: number | ((topic: string) => number);
  /** What each topic holds before publishers wait. */
  readonly capacity: Capacity | ((topic: string) => Capacity);
  /** Topics whose records stay when all have read them, until there is no room for newer ones; none by default. */
  readonly isRing?: (topic: string) => boolean;
  /** The clock of the records' timestamps, in milliseconds since the epoch. */
  readonly now?: () => number;
}

interface Waiting {
  readonly records: OutgoingRecord[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The event log of one process: partitions, groups and positions as Kafka has them, wherever its records are kept.
 *
 * What is kept stays bounded. What every group that ever read a topic has settled is dropped at once; a topic that nobody
 * reads is a ring of its capacity. While active subscriptions hold a topic full, `publish` waits; `settle` never
 * waits, instead its group is given no further records until there is room. Groups without a subscription and
 * transient ones hold up no one: what they missed when the topic is full is gone.
 */
export function createLocalLog(options: LocalLogOptions, storage: LogStorage): EventLog {
  return new LocalLog(options, storage);
}

class LocalLog implements EventLog {
  readonly #topics = new Map<string, Topic>();
  readonly #groups = new Map<string, Group>();
  readonly #waiting = new Map<Topic, Waiting[]>();
  readonly #options: LocalLogOptions;
  readonly #storage: LogStorage;
  readonly #now: () => number;
  #closed = false;
  #moving = false;
  #moveAgain = false;

  constructor(options: LocalLogOptions, storage: LogStorage) {
    this.#options = options;
    this.#storage = storage;
    this.#now = options.now ?? Date.now;
    for (const [name, topics] of storage.groups()) {
      const group = new Group(name, false);
      this.#groups.set(name, group);
      for (const topic of topics) group.resume(this.#topic(topic), storage);
    }
  }

  read(subscription: Subscription): Observable<LogRecord> {
    return new Observable((subscriber) => this.#join(subscription, subscriber));
  }

  async settle(groupName: string, settled: readonly Settled[]): Promise<readonly LogRecord[]> {
    this.#refuseIfClosed();
    const group = this.#groups.get(groupName);
    const lost = settled.filter(({ input }) => !group?.reads(this.#topic(input.topic)));
    if (group) {
      const held = settled.filter(({ input }) => group.reads(this.#topic(input.topic)));
      this.#write(() => this.#settleNow(group, held));
      for (const { input } of held) group.release(this.#topic(input.topic), input);
    }
    this.#move();
    return lost.map(({ input }) => input);
  }

  async ends(topics: readonly string[]): Promise<Positions> {
    return new Map(
      topics.map((name) => [name, this.#topic(name).partitions.map(({ end }) => BigInt(end))] as const),
    );
  }

  /** What is written can be read at once. */
  writtenEnds(topics: readonly string[]): Promise<Positions> {
    return this.ends(topics);
  }

  async publish(outputs: readonly OutgoingRecord[]): Promise<void> {
    this.#refuseIfClosed();
    const byTopic = new Map<Topic, OutgoingRecord[]>();
    for (const output of outputs) {
      const topic = this.#topic(output.topic);
      const records = byTopic.get(topic) ?? [];
      records.push(output);
      byTopic.set(topic, records);
    }
    const written = [...byTopic].map(
      ([topic, records]) =>
        new Promise<void>((done, failed) => {
          const queue = this.#waiting.get(topic) ?? [];
          queue.push({ records, done, failed });
          this.#waiting.set(topic, queue);
        }),
    );
    this.#move();
    await Promise.all(written);
  }

  async lag(groupName: string, topics: readonly string[]): Promise<number> {
    const group = this.#groups.get(groupName);
    return topics
      .map((name) => this.#topic(name))
      .reduce((lag, topic) => lag + (group?.reads(topic) ? group.lag(topic) : keptIn(topic)), 0);
  }

  async positions(groupName: string, topicName: string): Promise<readonly bigint[]> {
    const group = this.#groups.get(groupName);
    const topic = this.#topic(topicName);
    return topic.partitions.map(({ start }, partition) =>
      BigInt(group?.reads(topic) ? group.positionIn(topic, partition) : start),
    );
  }

  /** Whoever deletes records here moves the groups behind them. */
  async losses(): Promise<readonly Loss[]> {
    return [];
  }

  async deleteBefore(topicName: string, offsets: readonly bigint[]): Promise<void> {
    const topic = this.#topic(topicName);
    this.#write(() =>
      offsets.forEach((offset, partition) => {
        topic.dropBefore(partition, Math.min(Number(offset), topic.partitions[partition]?.end ?? 0));
      }),
    );
    for (const group of this.#readersOf(topic)) group.skipDropped(topic);
    this.#move();
  }

  async retention(topics: readonly string[]): Promise<ReadonlyMap<string, Retention>> {
    return new Map(
      topics.map((topic) => [topic, { ms: this.#topic(topic).isRing ? null : 0, removal: null }]),
    );
  }

  /** An empty topic takes a record of any size. */
  async largestRecord(): Promise<number> {
    return Number.POSITIVE_INFINITY;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const { failed } of [...this.#waiting.values()].flat()) failed(closedError());
    this.#waiting.clear();
    const readers = [...this.#groups.values()].flatMap((group) => [...group.readers]);
    for (const { subscriber } of readers) subscriber.complete();
    this.#topics.clear();
  }

  #join(subscription: Subscription, subscriber: Subscriber<LogRecord>): (() => void) | undefined {
    if (this.#closed) {
      subscriber.complete();
      return undefined;
    }
    const group =
      this.#groups.get(subscription.group) ?? new Group(subscription.group, subscription.transient ?? false);
    this.#groups.set(group.name, group);
    const reader: Reader = { subscription, subscriber, inFlight: 0, inFlightBytes: 0, owned: [], turn: 0 };
    const topics = subscription.topics.map((name) => this.#topic(name));
    this.#write(() => {
      for (const topic of group.begin(topics, subscription.from))
        group.keep(topic, new Set(topic.partitions.keys()), this.#storage);
    });
    group.join(reader);
    // Before the first emission: a subscriber that has enough at once must find its teardown in place.
    subscriber.add(() => {
      group.leave(reader);
      if (group.transient && group.readers.length === 0) this.#groups.delete(group.name);
      this.#move();
    });
    this.#move();
    return undefined;
  }

  /** Lets in what waits and emits what may be emitted, until nothing moves. Subscribers may call back meanwhile. */
  #move(): void {
    this.#moveAgain = true;
    if (this.#moving) return;
    this.#moving = true;
    try {
      while (this.#moveAgain) {
        this.#moveAgain = false;
        this.#admit();
        for (const group of [...this.#groups.values()]) this.#emitTo(group);
      }
    } finally {
      this.#moving = false;
    }
  }

  #emitTo(group: Group): void {
    for (const reader of [...group.readers]) {
      while (!reader.subscriber.closed && !this.#outputsFull(group)) {
        const record = this.#next(group, reader);
        if (!record) break;
        reader.subscriber.next(record);
      }
    }
  }

  /** Whoever can't be given its next record is told so; others read on. */
  #next(group: Group, reader: Reader): LogRecord | undefined {
    try {
      return group.next(reader);
    } catch (error) {
      reader.subscriber.error(error);
      return undefined;
    }
  }

  #outputsFull(group: Group): boolean {
    for (const topic of group.outputs) {
      if (!group.reads(topic) && topic.full && this.#droppable(topic) === undefined) return true;
    }
    return false;
  }

  /** Writes what publishers wait with, in their order, as far as there is room. */
  #admit(): void {
    for (const [topic, queue] of this.#waiting) {
      const written = this.#writtenOf(topic, queue);
      if (written > 0) this.#moveAgain = true;
      let left = written;
      while (queue[0] && left >= queue[0].records.length) {
        left -= queue[0].records.length;
        queue.shift()?.done();
      }
      queue[0]?.records.splice(0, left);
      if (queue.length === 0) this.#waiting.delete(topic);
    }
  }

  /** @returns how many records were written; who waits is told where the log can't write */
  #writtenOf(topic: Topic, queue: Waiting[]): number {
    try {
      return this.#write(() => {
        let written = 0;
        for (const { records } of queue)
          for (const record of records) {
            if (!this.#makeRoom(topic)) return written;
            topic.append(record, this.#now());
            written++;
          }
        return written;
      });
    } catch (error) {
      for (const { failed } of queue.splice(0)) failed(error);
      return 0;
    }
  }

  #settleNow(group: Group, settled: readonly Settled[]): void {
    const changed = new Map<Topic, Set<number>>();
    for (const { input, outputs } of settled) {
      const topic = this.#topic(input.topic);
      if (!group.isSettled(topic, input)) for (const output of outputs) this.#append(output, group);
      group.settle(topic, input);
      changed.set(topic, (changed.get(topic) ?? new Set()).add(input.partition));
    }
    for (const [topic, partitions] of changed) {
      this.#dropSettled(topic);
      group.keep(topic, partitions, this.#storage);
    }
  }

  #write<T>(change: () => T): T {
    return this.#storage.write(change, () => this.#reload());
  }

  /** A change was undone: all is again as it is kept. */
  #reload(): void {
    for (const topic of this.#topics.values()) topic.load();
    for (const group of this.#groups.values())
      if (!group.transient)
        for (const topic of this.#topics.values()) if (group.reads(topic)) group.load(topic, this.#storage);
  }

  #append(output: OutgoingRecord, group: Group): void {
    const topic = this.#topic(output.topic);
    this.#makeRoom(topic);
    topic.append(output, this.#now());
    group.outputs.add(topic);
  }

  /** Makes room by dropping what no subscription holds; false where all is needed. */
  #makeRoom(topic: Topic): boolean {
    if (!topic.full) return true;
    for (let partition = this.#droppable(topic); topic.full && partition !== undefined; ) {
      topic.dropFirst(partition);
      partition = this.#droppable(topic);
    }
    for (const group of this.#readersOf(topic)) group.skipDropped(topic);
    return !topic.full;
  }

  /** The partition whose first record is the oldest that no subscription holds. */
  #droppable(topic: Topic): number | undefined {
    const holding = this.#readersOf(topic).filter((group) => group.holds(topic));
    return topic.oldestBefore((partition) => lowest(holding, topic, partition));
  }

  /** Drops what all groups have settled; a topic that only onlookers read is kept as a ring. */
  #dropSettled(topic: Topic): void {
    if (topic.isRing) return;
    const readers = this.#readersOf(topic);
    if (readers.every((group) => group.transient)) return;
    topic.partitions.forEach(({ end }, partition) => {
      topic.dropBefore(partition, Math.min(lowest(readers, topic, partition), end));
    });
  }

  #readersOf(topic: Topic): Group[] {
    return [...this.#groups.values()].filter((group) => group.reads(topic));
  }

  #topic(name: string): Topic {
    const known = this.#topics.get(name);
    if (known) return known;
    const { partitions, capacity, isRing = () => false } = this.#options;
    const fresh = new Topic(
      name,
      this.#storage.topic(name, typeof partitions === 'number' ? partitions : partitions(name)),
      typeof capacity === 'function' ? capacity(name) : capacity,
      isRing(name),
    );
    this.#topics.set(name, fresh);
    return fresh;
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw closedError();
  }
}

/** The lowest position of these groups in a partition; Infinity without groups. */
function lowest(groups: readonly Group[], topic: Topic, partition: number): number {
  return Math.min(...groups.map((group) => group.positionIn(topic, partition)));
}

function keptIn(topic: Topic): number {
  return topic.partitions.reduce((sum, { start, end }) => sum + end - start, 0);
}
