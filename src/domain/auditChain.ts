import { createHash } from 'node:crypto';
import { type AuditEntry, type AuditRecord, NOTHING_BEFORE } from './messages/audit.js';
import { jsonLine } from './visible.js';

/** The end of a chain, from which the next record continues. */
export interface ChainHead {
  /** Number of records so far. */
  readonly length: number;
  /** Hash of the last one. */
  readonly hash: string;
}

/** A chain without records. */
export const EMPTY_CHAIN: ChainHead = { length: 0, hash: NOTHING_BEFORE };

/** A record as it is written, with the head after it. */
export interface ChainedRecord {
  readonly value: Buffer;
  readonly head: ChainHead;
}

/** SHA-256, in lower-case hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Appends an entry to the chain that ends in `head`. */
export function chained(entry: AuditEntry, head: ChainHead): ChainedRecord {
  const record: AuditRecord = { sequence: head.length, previous: head.hash, ...entry };
  const value = Buffer.from(jsonLine(record));
  return { value, head: { length: head.length + 1, hash: sha256(value) } };
}
