import type { LetheError } from './errors.js';

/** A record read from a topic of the event log. Headers are strings; the value is the raw payload. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  /** Position in the partition. */
  readonly offset: bigint;
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Time at which the record was written, in milliseconds since the epoch, as its writer says: a finite number, but maybe
   * negative (Kafka's -1 for none) or beyond every date.
   */
  readonly timestamp: number;
  /** Where the log could not open what was written: the record stands for all of it, and is refused by whoever decodes it. */
  readonly unreadable?: Unreadable;
  /** Why the log gives it only to be refused: dealing with it ended whole processes. */
  readonly refused?: LetheError;
}

/** What is known of records that the log could not open, e.g. a batch that would fill memory once decompressed. */
export interface Unreadable {
  readonly error: LetheError;
  /** They lie from here to the offset of the record that stands for them. */
  readonly firstOffset: bigint;
  /** Size of what was written, as it was written. */
  readonly bytes: number;
  /** SHA-256 of it, in hexadecimal. */
  readonly sha256: string;
}

/** A record to be written. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** What is written in its place where the log refuses it as too large. */
  readonly smaller?: () => OutgoingRecord;
  /**
   * Whether every log has to take it as it is: one that refuses it as too large is wrong, not the record. Writing it fails
   * with an error that is retriable, until the log takes it.
   */
  readonly mustFit?: true;
}

/** Names a record for logs, dead letters and errors: `topic/partition/offset`. */
export function positionOf(record: LogRecord): string {
  return `${record.topic}/${record.partition}/${record.offset}`;
}

/** What a log writes beside each record (lengths, offset, time), and beside each header: at most. */
const RECORD_OVERHEAD = 40;
const HEADER_OVERHEAD = 10;

/** What a record takes in a log, in bytes: at most. */
export function recordBytes({
  key,
  value,
  headers,
}: Pick<OutgoingRecord, 'key' | 'value' | 'headers'>): number {
  let bytes = RECORD_OVERHEAD + value.length + (key === null ? 0 : Buffer.byteLength(key));
  for (const [name, content] of Object.entries(headers))
    bytes += HEADER_OVERHEAD + Buffer.byteLength(name) + Buffer.byteLength(content);
  return bytes;
}
