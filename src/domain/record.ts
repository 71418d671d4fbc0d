/** A record read from a topic of the event log. Headers are strings; the value is the raw payload. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  /** Position in the partition. */
  readonly offset: bigint;
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Time at which the record was written, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** A record to be written. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Names a record for logs, dead letters and errors: `topic/partition/offset`. */
export function positionOf(record: LogRecord): string {
  return `${record.topic}/${record.partition}/${record.offset}`;
}
