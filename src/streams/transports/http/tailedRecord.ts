import { z } from 'zod';
import type { LogRecord } from '../../../domain/record.js';

const JSON_TYPE = 'application/json';

/** A record as tails show it: JSON payloads in full, of others (dead letters carry images) the size only. */
const tailedRecordSchema = z.object({
  topic: z.string(),
  partition: z.int().nonnegative(),
  offset: z.string().regex(/^\d+$/),
  key: z.string().nullable(),
  timestamp: z.number(),
  headers: z.record(z.string(), z.string()),
  bytes: z.int().nonnegative(),
  data: z.unknown().optional(),
});
export type TailedRecord = z.infer<typeof tailedRecordSchema>;

export function tailed({
  topic,
  partition,
  offset,
  key,
  timestamp,
  headers,
  value,
}: LogRecord): TailedRecord {
  const shown = { topic, partition, offset: String(offset), key, timestamp, headers, bytes: value.length };
  const data = headers['content-type']?.startsWith(JSON_TYPE) ? parsed(value) : undefined;
  return data === undefined ? shown : { ...shown, data };
}

/** The record back from its JSON form; its value is empty where only the size was told. */
export function untailed(json: string): LogRecord {
  const { offset, data, bytes: _, ...record } = tailedRecordSchema.parse(JSON.parse(json));
  const value = data === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(data));
  return { ...record, offset: BigInt(offset), value };
}

/** Dead letters may call something JSON that is none. */
function parsed(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    return undefined;
  }
}
