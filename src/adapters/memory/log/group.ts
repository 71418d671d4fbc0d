import type { Subscriber } from 'rxjs';
import type { LogRecord } from '../../../domain/record.js';
import type { Positions, Subscription } from '../../eventLog.js';
import type { LogStorage } from './storage.js';
import type { Topic } from './topic.js';

/** One subscription of a group, with its credit. */
export interface Reader {
  readonly subscription: Subscription;
  readonly subscriber: Subscriber<LogRecord>;
  /** Records emitted to it and not yet settled. */
  inFlight: number;
  /** What these take, in bytes. */
  inFlightBytes: number;
  /** Its share of the group's partitions. */
  owned: readonly Progress[];
  /** Where among them to look first for its next record, so that partitions take turns. */
  turn: number;
}

/** How far a group is in one partition. */
export interface Progress {
  readonly topic: Topic;
  readonly partition: number;
  /** First offset that is not settled. */
  position: number;
  /** Offsets at and after `position` that are settled already. */
  settled: Set<number>;
  /** Next offset to be emitted. */
  cursor: number;
  /** What is emitted and not settled: the bytes of each record, by its offset. */
  readonly inFlight: Map<number, number>;
  /** The reader that has the records in flight; the next owner waits for it, so that order is kept. */
  holder: Reader | undefined;
  owner: Reader | undefined;
}

/** A consumer group: its readers share the partitions, its positions outlive them. */
export class Group {
  readonly readers: Reader[] = [];
  /** Topics that it wrote to while settling: it reads no further while one of them is full. */
  readonly outputs = new Set<Topic>();
  readonly #progress = new Map<Topic, Progress[]>();

  constructor(
    readonly name: string,
    readonly transient: boolean,
  ) {}

  reads(topic: Topic): boolean {
    return this.#progress.has(topic);
  }

  /** Whether the topic's records have to stay for it: onlookers and groups that no one reads for hold up no one. */
  holds(topic: Topic): boolean {
    if (this.transient) return false;
    return this.readers.some((reader) => reader.subscription.topics.includes(topic.name));
  }

  /** The first offset of the partition that the group has not settled. */
  positionIn(topic: Topic, partition: number): number {
    return this.#progress.get(topic)?.[partition]?.position ?? 0;
  }

  /** Records of the topic that the group has not settled. */
  lag(topic: Topic): number {
    const progress = this.#progress.get(topic) ?? [];
    return progress.reduce((lag, { partition, position, settled }) => {
      const end = topic.partitions[partition]?.end ?? 0;
      return lag + end - position - settled.size;
    }, 0);
  }

  /** Goes on where the group was when the log was closed. */
  resume(topic: Topic, storage: LogStorage): void {
    this.#progress.set(topic, startOf(topic, 'earliest'));
    this.load(topic, storage);
    for (const progress of this.#progress.get(topic) ?? []) progress.cursor = progress.position;
  }

  /**
   * Takes over the positions that are kept, where a change was not: what is in flight stays in flight. A topic that it just
   * began to read is one that it never read.
   */
  load(topic: Topic, storage: LogStorage): void {
    const kept = storage.positions(this.name, topic.name);
    if (kept.length === 0) this.#progress.delete(topic);
    for (const progress of this.#progress.get(topic) ?? []) {
      const { position, settled } = kept[progress.partition] ?? { position: 0, settled: [] };
      progress.position = position;
      progress.settled = new Set(settled);
    }
    this.skipDropped(topic);
  }

  /** Begins to read topics that it did not read before. @returns those */
  begin(topics: readonly Topic[], from: Subscription['from'] = 'earliest'): readonly Topic[] {
    const fresh = topics.filter((topic) => !this.reads(topic));
    for (const topic of fresh) this.#progress.set(topic, startOf(topic, from));
    return fresh;
  }

  join(reader: Reader): void {
    this.readers.push(reader);
    this.#assign();
  }

  /** Keeps where it is in these partitions of a topic; of onlookers nothing is kept. */
  keep(topic: Topic, partitions: ReadonlySet<number>, storage: LogStorage): void {
    if (this.transient) return;
    for (const { partition, position, settled } of this.#progress.get(topic) ?? [])
      if (partitions.has(partition))
        storage.keepPosition(this.name, topic.name, partition, { position, settled: [...settled] });
  }

  /** What the reader had in flight will be emitted again, to whoever reads next. */
  leave(reader: Reader): void {
    const index = this.readers.indexOf(reader);
    if (index >= 0) this.readers.splice(index, 1);
    for (const progress of this.#all()) {
      if (progress.holder !== reader) continue;
      progress.inFlight.clear();
      progress.holder = undefined;
      progress.cursor = progress.position;
    }
    this.#assign();
  }

  /** Takes the reader's next record, if it has credit and there is one. */
  next(reader: Reader): LogRecord | undefined {
    const { maxInFlight, maxInFlightBytes = Number.POSITIVE_INFINITY } = reader.subscription;
    if (reader.inFlight >= maxInFlight) return undefined;
    const room = reader.inFlight === 0 ? Number.POSITIVE_INFINITY : maxInFlightBytes - reader.inFlightBytes;
    const { owned } = reader;
    for (let i = 0; i < owned.length; i++) {
      const index = (reader.turn + i) % owned.length;
      const record = take(owned[index] as Progress, reader, room);
      if (!record) continue;
      reader.turn = index + 1;
      return record;
    }
    return undefined;
  }

  /** Whether the record was settled before: its outputs must not be written again. */
  isSettled(topic: Topic, { partition, offset }: LogRecord): boolean {
    const progress = this.#progress.get(topic)?.[partition];
    return progress !== undefined && (offset < progress.position || progress.settled.has(Number(offset)));
  }

  /** Marks a record as done. One that is done already changes nothing. */
  settle(topic: Topic, { partition, offset }: LogRecord): void {
    const progress = this.#progress.get(topic)?.[partition];
    if (!progress) return;
    if (offset >= progress.position) progress.settled.add(Number(offset));
    catchUp(progress);
  }

  /** A record that is done is in flight no more: its reader has room for another. */
  release(topic: Topic, { partition, offset }: LogRecord): void {
    const progress = this.#progress.get(topic)?.[partition];
    const bytes = progress?.inFlight.get(Number(offset));
    if (!progress || bytes === undefined) return;
    progress.inFlight.delete(Number(offset));
    if (progress.holder) {
      progress.holder.inFlight--;
      progress.holder.inFlightBytes -= bytes;
    }
    if (progress.inFlight.size === 0) progress.holder = undefined;
  }

  /** Moves positions past records that are no longer kept. */
  skipDropped(topic: Topic): void {
    for (const progress of this.#progress.get(topic) ?? []) {
      const start = topic.partitions[progress.partition]?.start ?? 0;
      if (start > progress.position) skipTo(progress, start);
    }
  }

  #all(): Progress[] {
    return [...this.#progress.values()].flat();
  }

  #assign(): void {
    for (const [topic, partitions] of this.#progress) {
      const readers = this.readers.filter((reader) => reader.subscription.topics.includes(topic.name));
      partitions.forEach((progress, index) => {
        progress.owner = readers[index % readers.length];
      });
    }
    for (const reader of this.readers) {
      reader.owned = this.#all().filter((progress) => progress.owner === reader);
    }
  }
}

function startOf(topic: Topic, from: 'earliest' | 'latest' | Positions): Progress[] {
  return topic.partitions.map(({ start, end }, partition) => {
    const given = typeof from === 'string' ? undefined : from.get(topic.name)?.[partition];
    const position = given === undefined ? (from === 'latest' ? end : start) : Math.max(start, Number(given));
    return {
      topic,
      partition,
      position,
      settled: new Set(),
      cursor: position,
      inFlight: new Map(),
      holder: undefined,
      owner: undefined,
    };
  });
}

function take(progress: Progress, reader: Reader, room: number): LogRecord | undefined {
  if (progress.holder && progress.holder !== reader) return undefined;
  while (progress.settled.has(progress.cursor)) progress.cursor++;
  const kept = progress.topic.at(progress.partition, progress.cursor);
  if (!kept) return undefined;
  const { record, bytes } = kept;
  if (bytes > room) return undefined;
  progress.inFlight.set(progress.cursor++, bytes);
  progress.holder = reader;
  reader.inFlight++;
  reader.inFlightBytes += bytes;
  return record;
}

/** Moves the position past what is settled without a gap. */
function catchUp(progress: Progress): void {
  while (progress.settled.delete(progress.position)) progress.position++;
  progress.cursor = Math.max(progress.cursor, progress.position);
}

function skipTo(progress: Progress, start: number): void {
  for (const offset of progress.settled) if (offset < start) progress.settled.delete(offset);
  progress.position = start;
  catchUp(progress);
}
