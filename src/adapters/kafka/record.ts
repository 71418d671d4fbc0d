import type { LogRecord, Unreadable } from '../../domain/record.js';

/** A record as it comes from a fetch; `unreadable` where it stands for a batch that could not be opened. */
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

/** Kafka's own word for "no time". */
const NO_TIME = -1;

/**
 * A record as Lethe knows it: texts for key and headers, an empty value for none. It takes whatever Kafka lets anyone
 * write, and never throws: what is wrong with a record is for those to say who can refuse it.
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

/**
 * Of a header that occurs several times the first counts; one without a value is empty. Without a prototype, since the
 * names are a stranger's words: `__proto__` is a name like others.
 */
function textsOf(headers: Headers): Record<string, string> {
  const texts: Record<string, string> = Object.create(null);
  for (const [name, content] of Object.entries(headers)) {
    if (!Array.isArray(content)) texts[name] = content?.toString() ?? '';
    else if (content.length > 0) texts[name] = content[0]?.toString() ?? '';
  }
  return texts;
}
