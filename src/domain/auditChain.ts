import { createHash } from 'node:crypto';
import { type AuditEntry, type AuditRecord, auditRecordSchema, NOTHING_BEFORE } from './messages/audit.js';

/** The end of a chain: what the next record goes on from. */
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
  const value = Buffer.from(JSON.stringify(record));
  return { value, head: { length: head.length + 1, hash: sha256(value) } };
}

/** What is wrong with a chain, at the first record where something is. */
export interface ChainFault {
  /** Index in the order read. */
  readonly index: number;
  readonly problem: 'unreadable' | 'wrong-hash' | 'wrong-previous' | 'wrong-sequence';
  readonly message: string;
}

/** A record as it was read: its value, and the hash that was written beside it. */
export interface ReadAuditRecord {
  readonly value: Buffer;
  /** Undefined where there is none: then a change of the last record alone is not found. */
  readonly hash?: string | undefined;
}

/** Follows a chain record by record; one that begins later than at 0 is taken as it begins. */
export class ChainVerifier {
  #head: ChainHead | undefined;
  #fault: ChainFault | null = null;
  #index = 0;
  #first: number | null = null;

  /** The first fault so far. What comes after it is not looked at. */
  get fault(): ChainFault | null {
    return this.#fault;
  }

  /** Sequence of the first record; null before it. Above 0, older records are missing. */
  get first(): number | null {
    return this.#first;
  }

  /** Where the chain ends. */
  get head(): ChainHead {
    return this.#head ?? EMPTY_CHAIN;
  }

  /** The record, if it goes on from what came before. */
  next({ value, hash }: ReadAuditRecord): AuditRecord | null {
    if (this.#fault) return null;
    const index = this.#index++;
    const record = recordIn(value);
    if (!record) return this.#failed(index, 'unreadable', 'it is no audit record');
    const own = sha256(value);
    if (hash !== undefined && hash !== own)
      return this.#failed(
        index,
        'wrong-hash',
        `its bytes have the hash ${own}, written beside it is ${hash}`,
      );
    const { sequence, previous } = record;
    const before = this.#head ?? { length: sequence, hash: sequence === 0 ? NOTHING_BEFORE : previous };
    if (sequence !== before.length)
      return this.#failed(index, 'wrong-sequence', `it is number ${sequence}, ${before.length} was expected`);
    if (previous !== before.hash)
      return this.#failed(index, 'wrong-previous', `it goes on from ${previous}, not from ${before.hash}`);
    this.#first ??= sequence;
    this.#head = { length: sequence + 1, hash: own };
    return record;
  }

  #failed(index: number, problem: ChainFault['problem'], message: string): null {
    this.#fault = { index, problem, message };
    return null;
  }
}

function recordIn(value: Buffer): AuditRecord | null {
  try {
    return auditRecordSchema.parse(JSON.parse(value.toString('utf8')));
  } catch {
    return null;
  }
}
