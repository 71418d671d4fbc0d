import { type OutgoingRecord, recordBytes } from '../../../domain/record.js';
import { partitionOf } from './partitionOf.js';
import type { Extent, Kept, TopicRecords } from './storage.js';

/** How much a topic holds before whoever publishes to it waits. */
export interface Capacity {
  readonly records: number;
  /** Of keys, headers and values together, as `recordBytes` counts them. */
  readonly bytes: number;
}

/** The records of one topic. It neither knows who reads nor waits for anyone: {@link createLocalLog} does. */
export class Topic {
  #partitions: { start: number; end: number; bytes: number }[] = [];
  #records = 0;
  #bytes = 0;
  #written = 0;

  /** @param isRing whether records stay when all have read them, until there is no room for newer ones */
  constructor(
    readonly name: string,
    private readonly kept: TopicRecords,
    private readonly capacity: Capacity,
    readonly isRing: boolean,
  ) {
    this.load();
  }

  /** The records of each partition that are kept. */
  get partitions(): readonly Extent[] {
    return this.#partitions;
  }

  /** Whether there is no room; an empty topic takes a record of any size. */
  get full(): boolean {
    if (this.#records === 0) return false;
    return this.#records >= this.capacity.records || this.#bytes >= this.capacity.bytes;
  }

  /** Takes over what is kept, at the beginning and where a change was not kept. */
  load(): void {
    this.#partitions = this.kept.extents().map((extent) => ({ ...extent }));
    this.#records = this.#sum(({ start, end }) => end - start);
    this.#bytes = this.#sum(({ bytes }) => bytes);
    this.#written = this.#sum(({ end }) => end);
  }

  append({ key, value, headers }: OutgoingRecord, timestamp: number): void {
    const count = this.#partitions.length;
    const index = key === null ? this.#written % count : partitionOf(key, count);
    const partition = this.#partition(index);
    const offset = BigInt(partition.end);
    const record = { topic: this.name, partition: index, offset, key, value, headers, timestamp };
    const bytes = recordBytes(record);
    this.kept.append({ record, sequence: this.#written, bytes });
    partition.end++;
    partition.bytes += bytes;
    this.#written++;
    this.#records++;
    this.#bytes += bytes;
  }

  /** The record at `offset`, if it is written and still kept. */
  at(partition: number, offset: number): Kept | undefined {
    const { start, end } = this.#partition(partition);
    return offset < start || offset >= end ? undefined : this.kept.at(partition, offset);
  }

  /** Drops the records of a partition before `floor`. */
  dropBefore(index: number, floor: number): void {
    const partition = this.#partition(index);
    if (partition.start >= floor) return;
    const bytes = this.kept.drop(index, partition.start, floor);
    this.#records -= floor - partition.start;
    this.#bytes -= bytes;
    partition.bytes -= bytes;
    partition.start = floor;
  }

  /**
   * The partition of the oldest record that may be dropped.
   * @param floorOf the first offset of a partition that must stay
   */
  oldestBefore(floorOf: (partition: number) => number): number | undefined {
    let oldest: { partition: number; sequence: number } | undefined;
    this.#partitions.forEach(({ start, end }, partition) => {
      if (start >= Math.min(floorOf(partition), end)) return;
      const sequence = this.kept.at(partition, start)?.sequence ?? -1;
      if (!oldest || sequence < oldest.sequence) oldest = { partition, sequence };
    });
    return oldest?.partition;
  }

  /** Drops the oldest record of a partition. */
  dropFirst(partition: number): void {
    this.dropBefore(partition, this.#partition(partition).start + 1);
  }

  #partition(index: number): { start: number; end: number; bytes: number } {
    const partition = this.#partitions[index];
    if (!partition) throw new RangeError(`${this.name} has no partition ${index}`);
    return partition;
  }

  #sum(of: (extent: Extent) => number): number {
    return this.#partitions.reduce((sum, each) => sum + of(each), 0);
  }
}
