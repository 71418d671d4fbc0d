import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { LogRecord } from '../../../domain/record.js';

/** A record as Lethe knows it: texts for key and headers, an empty value for none. */
export function toRecord(message: KafkaMessage, topic: string, partition: number): LogRecord {
  const { offset, key, value, headers, timestamp } = message;
  return {
    topic,
    partition,
    offset: BigInt(offset),
    key: key?.toString() ?? null,
    value: value ?? Buffer.alloc(0),
    headers: textsOf(headers ?? {}),
    timestamp: Number(timestamp),
  };
}

/** Of a header that occurs several times the first counts. */
function textsOf(headers: IHeaders): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, content] of Object.entries(headers)) {
    const first = Array.isArray(content) ? content[0] : content;
    if (first !== undefined) texts[name] = first.toString();
  }
  return texts;
}
