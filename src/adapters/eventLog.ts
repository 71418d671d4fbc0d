import type { Observable } from 'rxjs';
import type { Removal } from '../domain/places.js';
import type { LogRecord, OutgoingRecord } from '../domain/record.js';

/** An offset for each partition of each topic: `positions.get(topic)?.[partition]`. */
export type Positions = ReadonlyMap<string, readonly bigint[]>;

/** What to read, and how much of it may be in flight. */
export interface Subscription {
  readonly topics: readonly string[];
  /** Consumers of one group share the partitions; each group sees every record. */
  readonly group: string;
  /**
   * Backpressure: at most this many records are emitted and not yet settled.
   * The source stops reading until {@link EventLog.settle} frees room.
   */
  readonly maxInFlight: number;
  /** The same limit in bytes (`recordBytes`); a single record always passes. */
  readonly maxInFlightBytes?: number;
  /** Where a group without a committed position starts; a transient one may start at given positions. */
  readonly from?: 'earliest' | 'latest' | Positions;
  /** For observers: they delay nobody, and their position is deleted when the last of them ends. */
  readonly transient?: boolean;
  /**
   * For readers that must miss nothing: reading fails with `records-lost` if records were deleted before the group
   * read them, until its position is moved past them ({@link EventLog.losses}).
   */
  readonly whole?: boolean;
}

/** Records of one partition that were deleted before a group read them: offsets from `from` (inclusive) to `to` (exclusive). */
export interface Loss {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** A processed record, and the records to write because of it. */
export interface Settled {
  readonly input: LogRecord;
  readonly outputs: readonly OutgoingRecord[];
}

/** How long a topic keeps its records, and how they are deleted. */
export interface Retention {
  /** In milliseconds; null without limit, 0 until they are settled. */
  readonly ms: number | null;
  /** When the bytes of deleted records are gone; null if immediately. */
  readonly removal: Removal | null;
}

/** A partitioned, replayable log of records: Kafka, or its substitute in memory. */
export interface EventLog {
  /** Cold: reading starts with the subscription and ends with its unsubscription. Ordered within a partition. */
  read(subscription: Subscription): Observable<LogRecord>;
  /**
   * Writes the outputs and marks their inputs (of `group`) as done, both or neither, in the given order. The position
   * of a group in a partition moves to the first record that is not settled; the outputs of records behind a gap may
   * be delayed until it closes.
   * @returns the inputs whose partitions this reader had lost meanwhile: nothing was written for them, and the owner
   * of the partition processes them
   */
  settle(group: string, settled: readonly Settled[]): Promise<readonly LogRecord[]>;
  /**
   * Writes records; resolves when they are durable, and waits while the log is full.
   * @throws LetheError `config-invalid` for a record that is too large for its topic and has no smaller form
   */
  publish(outputs: readonly OutgoingRecord[]): Promise<void>;
  /**
   * One past the newest record that can be read of every partition of these topics, at or after this call. A reader that begins
   * there misses nothing that can be read later.
   */
  ends(topics: readonly string[]): Promise<Positions>;
  /**
   * One past the newest written record, even if it cannot be read yet because its transaction is being committed. A
   * reader that has reached this end has read everything that was reported to anyone before this call.
   */
  writtenEnds(topics: readonly string[]): Promise<Positions>;
  /** Records written to the topics and not yet settled by the group. */
  lag(group: string, topics: readonly string[]): Promise<number>;
  /** The position of the group in each partition of a topic: everything before it is settled. */
  positions(group: string, topic: string): Promise<readonly bigint[]>;
  /** What was deleted of a topic before the group read it. For a group that never read, that is everything deleted. */
  losses(group: string, topic: string): Promise<readonly Loss[]>;
  /** Deletes the records of a topic before these offsets, one for each partition, whether they were read or not. */
  deleteBefore(topic: string, offsets: readonly bigint[]): Promise<void>;
  retention(topics: readonly string[]): Promise<ReadonlyMap<string, Retention>>;
  /**
   * The largest record that a topic accepts now, as `recordBytes` counts; infinite without a limit. {@link publish}
   * refuses a larger one, or writes its smaller form.
   */
  largestRecord(topic: string): Promise<number>;
  close(): Promise<void>;
}
