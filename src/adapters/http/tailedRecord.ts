import { z } from 'zod';
import { isJson } from '../../domain/cloudevents/mediaType.js';
import { jsonOfBytes } from '../../domain/json.js';
import type { LogRecord } from '../../domain/record.js';

/** Events of the gateway itself; unlike those of records, they have no id. This one: everything requested was sent. */
export const END = 'end';
/** Sending failed: the data is the refusal. */
export const ERROR = 'error';
/** What Kafka writes where a record has no time. */
const NO_TIME = -1;

/**
 * A record as streams show it: JSON payloads in full, and only the size of others (dead letters contain images),
 * unless whole bodies are requested.
 */
export const tailedRecordSchema = z.object({
  topic: z.string(),
  partition: z.int().nonnegative(),
  offset: z.string().regex(/^\d+$/),
  key: z.string().nullable(),
  timestamp: z.number(),
  headers: z.record(z.string(), z.string()),
  bytes: z.int().nonnegative(),
  data: z.unknown().optional(),
  /** The whole value, if requested. */
  base64: z.base64().optional(),
});
export type TailedRecord = z.infer<typeof tailedRecordSchema>;

export function tailed(record: LogRecord, whole = false): TailedRecord {
  const { topic, partition, offset, key, headers, value } = record;
  const timestamp = Number.isFinite(record.timestamp) ? record.timestamp : NO_TIME;
  const shown = { topic, partition, offset: String(offset), key, timestamp, headers, bytes: value.length };
  if (whole) return { ...shown, base64: value.toString('base64') };
  const data = isJson(headers['content-type']) ? parsed(value) : undefined;
  return data === undefined ? shown : { ...shown, data };
}

/** The record from its JSON form; its value is empty if only the size was sent. */
export function untailed(json: string): LogRecord {
  const { offset, data, base64, bytes: _, ...record } = tailedRecordSchema.parse(JSON.parse(json));
  if (base64 !== undefined)
    return { ...record, offset: BigInt(offset), value: Buffer.from(base64, 'base64') };
  const value = data === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(data));
  return { ...record, offset: BigInt(offset), value };
}

/** Dead letters may declare invalid JSON as JSON. */
function parsed(value: Buffer): unknown {
  try {
    return jsonOfBytes(value);
  } catch {
    return undefined;
  }
}
