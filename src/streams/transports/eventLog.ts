import type { Observable } from 'rxjs';
import type { LogRecord, OutgoingRecord } from '../../domain/record.js';

/** What to read, and how much of it may be under way. */
export interface Subscription {
  readonly topics: readonly string[];
  /** Consumers of one group share the partitions; each group sees every record. */
  readonly group: string;
  /**
   * Backpressure: at most this many records are emitted and not yet settled.
   * The source stops reading until {@link EventLog.settle} frees room.
   */
  readonly maxInFlight: number;
  /** Where a group without a committed position starts. */
  readonly from?: 'earliest' | 'latest';
  /** For those who only look on: they hold up no one, and their position is forgotten when the last of them ends. */
  readonly transient?: boolean;
}

/** A partitioned, replayable log of records: Kafka, or its embedded stand-in in memory. */
export interface EventLog {
  /** Cold: reading starts with the subscription and ends with its unsubscription. Ordered within a partition. */
  read(subscription: Subscription): Observable<LogRecord>;
  /**
   * Writes `outputs` and marks `inputs` (of `group`) as done, both or neither.
   * A group's position in a partition moves to the first record that is not settled.
   */
  settle(group: string, inputs: readonly LogRecord[], outputs: readonly OutgoingRecord[]): Promise<void>;
  /** Writes records; resolves when they are durable, and waits while the log is full. */
  publish(outputs: readonly OutgoingRecord[]): Promise<void>;
  /** Records written to the topics and not yet settled by the group. */
  lag(group: string, topics: readonly string[]): Promise<number>;
  close(): Promise<void>;
}
