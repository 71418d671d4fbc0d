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
   * Time at which the record was written, in milliseconds since the epoch, according to its writer: a finite number,
   * but maybe negative (Kafka's -1 for none) or beyond every date.
   */
  readonly timestamp: number;
  /** Set if the log could not open what was written: the record represents all of it, and every decoder refuses it. */
  readonly unreadable?: Unreadable;
  /** Why the log emits the record only to have it refused: processing it ended whole processes. */
  readonly refused?: LetheError;
}

/** What is known of records that the log could not open, e.g. a batch that would fill the memory when decompressed. */
export interface Unreadable {
  readonly error: LetheError;
  /** First offset of these records; the last is that of the record that represents them. */
  readonly firstOffset: bigint;
  /** Size as written. */
  readonly bytes: number;
  /** SHA-256 of the bytes as written, in hexadecimal. */
  readonly sha256: string;
}

/** A record to be written. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Replacement to write if the log refuses the record as too large. */
  readonly smaller?: () => OutgoingRecord;
  /**
   * Whether every log must accept the record. If one refuses it as too large, its limit is wrong, not the record.
   * Writing then fails with a retriable error until the log accepts it.
   */
  readonly mustFit?: true;
}

/** Names a record for logs, dead letters and errors: `topic/partition/offset`. */
export function positionOf(record: LogRecord): string {
  return `${record.topic}/${record.partition}/${record.offset}`;
}

/** Upper bounds of the overhead of a log for each record (lengths, offset, time) and for each header. */
const RECORD_OVERHEAD = 40;
const HEADER_OVERHEAD = 10;

/** Upper bound of the size of a record in a log, in bytes. */
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
