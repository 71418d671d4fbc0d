/**
 * Batches of records from a fetch (message format 2, https://kafka.apache.org/documentation/#recordbatch), decoded
 * without trust in their declared sizes.
 */

import { bareObject } from './bareObject.js';

/** The only format that Kafka writes since 0.11. */
const FORMAT = 2;
const FORMAT_AT = 16;
const HEAD_BYTES = 61;
/** Offset in the header at which its `length` ends. */
const LENGTH_END = 12;

/** The header of a batch. */
export interface BatchHead {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly attributes: number;
  readonly firstTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly producerId: string;
  readonly count: number;
  /** The whole batch, as stored in the log. */
  readonly written: Buffer;
  /** Its records, compressed or not. */
  readonly body: Buffer;
  /** Start of the next batch in the fetched bytes. */
  readonly end: number;
}

/** A record of a batch; repeated headers have a list, as in kafkajs. */
export interface BatchedRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Value | Value[]>;
}
type Value = Buffer | null;

/** Whether batches of this format start here. */
export function isBatch(fetched: Buffer): boolean {
  return fetched.length > FORMAT_AT && fetched[FORMAT_AT] === FORMAT;
}

/** The batch at `start`; undefined if it is truncated: a fetch ends when its size limit is reached. */
export function headAt(fetched: Buffer, start: number): BatchHead | undefined {
  if (start + HEAD_BYTES > fetched.length) return undefined;
  const head = fetched.subarray(start);
  const end = start + LENGTH_END + head.readInt32BE(8);
  if (end > fetched.length) return undefined;
  if (end < start + HEAD_BYTES)
    throw new RangeError('a batch of records declares a length below that of its header');
  const firstOffset = head.readBigInt64BE(0);
  return {
    firstOffset,
    lastOffset: firstOffset + BigInt(head.readInt32BE(23)),
    attributes: head.readInt16BE(21),
    firstTimestamp: head.readBigInt64BE(27),
    maxTimestamp: head.readBigInt64BE(35),
    producerId: String(head.readBigInt64BE(43)),
    count: head.readInt32BE(57),
    written: fetched.subarray(start, end),
    body: fetched.subarray(start + HEAD_BYTES, end),
    end,
  };
}

export const isTransactional = ({ attributes }: BatchHead): boolean => (attributes & 0x10) !== 0;
export const isControl = ({ attributes }: BatchHead): boolean => (attributes & 0x20) !== 0;

/**
 * The records of a batch.
 * @param opened its body, decompressed
 * @throws RangeError if the body contradicts the header
 */
export function recordsOf(head: BatchHead, opened: Buffer): BatchedRecord[] {
  const appendTime = (head.attributes & 8) !== 0 ? String(head.maxTimestamp) : undefined;
  const bytes = new Bytes(opened);
  return Array.from({ length: head.count }, () => {
    const record = new Bytes(bytes.take(bytes.length()));
    record.take(1); // attributes, of which none is used
    const written = head.firstTimestamp + BigInt(record.varlong());
    const offset = String(head.firstOffset + BigInt(record.varint()));
    return {
      offset,
      timestamp: appendTime ?? String(written),
      key: record.value(),
      value: record.value(),
      headers: headersOf(record),
    };
  });
}

function headersOf(record: Bytes): BatchedRecord['headers'] {
  const headers: BatchedRecord['headers'] = bareObject();
  for (let left = record.length(); left > 0; left--) {
    const name = record.take(record.length()).toString();
    const value = record.value();
    const known = headers[name];
    if (known === undefined) headers[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else headers[name] = [known, value];
  }
  return headers;
}

/** Reads from the front of some bytes, and never past their end. */
class Bytes {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.bytes.length) throw new RangeError('a record ends before its declared length');
    const taken = this.bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** A value preceded by its length; null if the length is negative. */
  value(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.take(length);
  }

  length(): number {
    return Math.max(0, this.varint());
  }

  varint(): number {
    return Number(this.varlong());
  }

  /** Seven bits a byte, the lowest first, the sign in the lowest bit of all (zigzag). */
  varlong(): bigint | number {
    let coded = 0;
    for (let digit = 1; digit < 2 ** 49; digit *= 128) {
      const byte = this.#byte();
      coded += (byte & 0x7f) * digit;
      if (byte < 0x80) return coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
    }
    return this.#beyondNumbers(BigInt(coded));
  }

  /** A time may need more than the 53 bits of a number. */
  #beyondNumbers(lowest: bigint): bigint {
    let coded = lowest;
    for (let shift = 49n; shift <= 63n; shift += 7n) {
      const byte = this.#byte();
      coded |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (coded >> 1n) ^ -(coded & 1n);
    }
    throw new RangeError('a varint of a record does not end');
  }

  #byte(): number {
    const byte = this.bytes[this.#at++];
    if (byte === undefined) throw new RangeError('a record ends before its declared length');
    return byte;
  }
}
