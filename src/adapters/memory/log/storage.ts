import type { LogRecord } from '../../../domain/record.js';

/** A record that is kept. */
export interface Kept {
  readonly record: LogRecord;
  /** Order of writing over all partitions of its topic. */
  readonly sequence: number;
  /** What it takes, as `recordBytes` counts. */
  readonly bytes: number;
}

/** What a partition keeps: the offsets from `start` (inclusive) to `end` (exclusive), and what these take. */
export interface Extent {
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
}

/** The records of one topic, where they are kept. */
export interface TopicRecords {
  /** What is kept of each partition. */
  extents(): readonly Extent[];
  append(kept: Kept): void;
  /** The record at this offset, if it is kept. */
  at(partition: number, offset: number): Kept | undefined;
  /** Drops those of a partition from `from` (inclusive) to `to` (exclusive). @returns the bytes that they took */
  drop(partition: number, from: number, to: number): number;
}

/** How far a group is in one partition: all before `position`, and the offsets in `settled`. */
export interface Position {
  readonly position: number;
  readonly settled: readonly number[];
}

/** Where the log keeps the records of its topics and the positions of its groups. */
export interface LogStorage {
  /**
   * The records of a topic.
   * @param partitions of a topic that is new; one that is there has as many as it has
   */
  topic(name: string, partitions: number): TopicRecords;
  /** Names of the topics that each group read, by the names of the groups. */
  groups(): ReadonlyMap<string, readonly string[]>;
  /** Where a group is in each partition of a topic that it read. */
  positions(group: string, topic: string): readonly Position[];
  keepPosition(group: string, topic: string, partition: number, position: Position): void;
  /**
   * Makes a change. Where a storage keeps it whole or not at all, and it failed, nothing of it was kept.
   * @param undone told of that, so that the log takes over again what is kept
   * @throws LetheError `disk-full`, and what `change` throws
   */
  write<T>(change: () => T, undone: () => void): T;
}
