import { type LogRecord, type OutgoingRecord, recordBytes } from '../../../domain/record.js';
import { partitionOf } from './partitionOf.js';

/** How much a topic holds before whoever publishes to it waits. */
export interface Capacity {
  readonly records: number;
  /** Of keys, headers and values together, as `recordBytes` counts them. */
  readonly bytes: number;
}

interface Kept {
  readonly record: LogRecord;
  /** Order of writing over all partitions. */
  readonly sequence: number;
  readonly bytes: number;
}

/** The records of one partition that are still kept: offsets `start` (inclusive) to `end` (exclusive). */
interface Partition {
  start: number;
  end: number;
  readonly kept: Map<number, Kept>;
}

/** The records of one topic. It neither knows who reads nor waits for anyone: {@link createMemoryLog} does. */
export class MemoryTopic {
  readonly partitions: readonly Partition[];
  #records = 0;
  #bytes = 0;
  #written = 0;

  constructor(
    readonly name: string,
    partitions: number,
    private readonly capacity: Capacity,
  ) {
    this.partitions = Array.from({ length: partitions }, () => ({ start: 0, end: 0, kept: new Map() }));
  }

  /** Whether there is no room; an empty topic takes a record of any size. */
  get full(): boolean {
    if (this.#records === 0) return false;
    return this.#records >= this.capacity.records || this.#bytes >= this.capacity.bytes;
  }

  append({ key, value, headers }: OutgoingRecord, timestamp: number): void {
    const index =
      key === null ? this.#written % this.partitions.length : partitionOf(key, this.partitions.length);
    const partition = this.#partition(index);
    const offset = BigInt(partition.end);
    const record = { topic: this.name, partition: index, offset, key, value, headers, timestamp };
    const bytes = recordBytes(record);
    partition.kept.set(partition.end++, { record, sequence: this.#written++, bytes });
    this.#records++;
    this.#bytes += bytes;
  }

  /** The record at `offset`, if it is written and still kept. */
  at(partition: number, offset: number): LogRecord | undefined {
    return this.#partition(partition).kept.get(offset)?.record;
  }

  /** What the record at `offset` takes; 0 where there is none. */
  bytesAt(partition: number, offset: number): number {
    return this.#partition(partition).kept.get(offset)?.bytes ?? 0;
  }

  /** Drops the records of a partition before `floor`. */
  dropBefore(partition: number, floor: number): void {
    const dropping = this.#partition(partition);
    while (dropping.start < floor) {
      this.#bytes -= dropping.kept.get(dropping.start)?.bytes ?? 0;
      this.#records--;
      dropping.kept.delete(dropping.start++);
    }
  }

  /**
   * The partition of the oldest record that may be dropped.
   * @param floorOf the first offset of a partition that must stay
   */
  oldestBefore(floorOf: (partition: number) => number): number | undefined {
    let oldest: { partition: number; sequence: number } | undefined;
    this.partitions.forEach(({ start, end, kept }, partition) => {
      const sequence = kept.get(start)?.sequence;
      if (sequence === undefined || start >= Math.min(floorOf(partition), end)) return;
      if (!oldest || sequence < oldest.sequence) oldest = { partition, sequence };
    });
    return oldest?.partition;
  }

  /** Drops the oldest record of a partition. */
  dropFirst(partition: number): void {
    this.dropBefore(partition, this.#partition(partition).start + 1);
  }

  #partition(index: number): Partition {
    const partition = this.partitions[index];
    if (!partition) throw new RangeError(`${this.name} has no partition ${index}`);
    return partition;
  }
}
