import type { LogRecord, Unreadable } from '../../domain/record.js';
import { bareObject } from './bareObject.js';

/** A record from a fetch; `unreadable` if it represents a batch that could not be opened. */
export interface FetchedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Headers;
  readonly unreadable?: Unreadable;
}

type Content = Buffer | string | null | undefined;
type Headers = Readonly<Record<string, Content | Content[]>>;

/** Kafka's value for "no time". */
const NO_TIME = -1;

/**
 * A record of Lethe: key and headers as text, an empty value for none. It accepts whatever Kafka allows anyone to
 * write, and never throws: only code that can refuse a record reports its faults.
 */
export function toRecord(message: FetchedMessage, topic: string, partition: number): LogRecord {
  const { offset, key, value, headers, timestamp, unreadable } = message;
  const time = Number(timestamp);
  return {
    topic,
    partition,
    offset: BigInt(offset),
    key: key?.toString() ?? null,
    value: value ?? Buffer.alloc(0),
    headers: textsOf(headers ?? {}),
    timestamp: Number.isFinite(time) ? time : NO_TIME,
    ...(unreadable && { unreadable }),
  };
}

/** The first value of a repeated header counts; a header without a value is empty. */
function textsOf(headers: Headers): Record<string, string> {
  const texts = bareObject<string>();
  for (const [name, content] of Object.entries(headers)) {
    if (!Array.isArray(content)) texts[name] = content?.toString() ?? '';
    else if (content.length > 0) texts[name] = content[0]?.toString() ?? '';
  }
  return texts;
}
