import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { LetheError } from '../../domain/errors.js';
import type { Unreadable } from '../../domain/record.js';
import { LARGEST_BATCH, unreadableBatch } from './codecs.js';
import {
  type BatchedRecord,
  type BatchHead,
  headAt,
  isBatch,
  isControl,
  isTransactional,
  recordsOf,
} from './recordBatch.js';

/** A record as kafkajs expects it from a fetch; `unreadable` if it represents a whole batch. */
export interface FetchedRecord extends BatchedRecord {
  isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
  readonly unreadable?: Unreadable;
}

/** The decoder of kafkajs, positioned at the records of one partition in the response to a fetch. */
export interface FetchDecoder {
  buffer: Buffer;
  offset: number;
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer;
}
type Decode = (decoder: FetchDecoder) => Promise<FetchedRecord[]>;
type Lookup = (attributes: number) => { decompress(buffer: Buffer): Promise<Buffer> } | null;

/** Memory that a record needs in addition to its own bytes. */
const RECORD_OVERHEAD = 256;

/**
 * Decodes fetches in place of kafkajs 2.2.4, which has four faults: it stops at a batch that it cannot open, and
 * requests it again for ever; it confuses headers named `constructor` or `__proto__` with properties of every object;
 * it needs quadratic time in the number of headers; and it has no size limit. A batch that cannot be opened becomes
 * one record that represents it (see {@link Unreadable}). Of one fetch, at most `LARGEST_BATCH` bytes are opened, but
 * always the first batch; the rest is left for the next fetch.
 */
export function fetchedRecords(legacy: Decode, lookup: Lookup): Decode {
  /** Bytes that were opened of each response so far. */
  const opened = new WeakMap<FetchDecoder, number>();
  return async (decoder) => {
    const at = decoder.offset;
    const size = decoder.readInt32();
    if (size <= 0 || !decoder.canReadBytes(size)) return [];
    const fetched = decoder.readBytes(size);
    if (!isBatch(fetched)) {
      decoder.offset = at;
      return legacy(decoder);
    }
    const records: FetchedRecord[] = [];
    for (let head = headAt(fetched, 0); head; head = headAt(fetched, head.end)) {
      const before = opened.get(decoder) ?? 0;
      if (before >= LARGEST_BATCH) break;
      const batch = await open(head, lookup);
      for (const record of batch.records) records.push(record);
      opened.set(decoder, before + batch.bytes);
    }
    return records;
  };
}

interface Opened {
  readonly records: readonly FetchedRecord[];
  /** Approximate size in memory. */
  readonly bytes: number;
}

async function open(head: BatchHead, lookup: Lookup): Promise<Opened> {
  const batchContext = { producerId: head.producerId, inTransaction: isTransactional(head) };
  const isControlRecord = isControl(head);
  try {
    const overhead = head.count * RECORD_OVERHEAD;
    if (overhead > LARGEST_BATCH) throw new RangeError(`it has ${head.count} records`);
    const body = (await lookup(head.attributes)?.decompress(head.body)) ?? head.body;
    const records = recordsOf(head, body).map((record) => ({ ...record, isControlRecord, batchContext }));
    if (records.length === 0) return { records: passage(head, batchContext), bytes: 0 };
    return { records, bytes: body.length + overhead };
  } catch (thrown) {
    const record = { ...standIn(head), isControlRecord, batchContext, unreadable: unreadable(head, thrown) };
    return { records: [record], bytes: 0 };
  }
}

/** Compaction leaves batches without records. An invisible record moves the position past them. */
function passage(head: BatchHead, batchContext: FetchedRecord['batchContext']): FetchedRecord[] {
  const last = { ...standIn(head), isControlRecord: true, batchContext };
  return [{ ...last, offset: String(head.firstOffset) }, last];
}

/**
 * A record in place of a batch. It has the last offset, because a fetch of any record of a batch returns the whole
 * batch.
 */
function standIn({ lastOffset, maxTimestamp }: BatchHead): BatchedRecord {
  return { offset: String(lastOffset), timestamp: String(maxTimestamp), key: null, value: null, headers: {} };
}

function unreadable({ firstOffset, written }: BatchHead, thrown: unknown): Unreadable {
  return {
    error: thrown instanceof LetheError ? thrown : unreadableBatch(written.length, thrown),
    firstOffset,
    bytes: written.length,
    sha256: createHash('sha256').update(written).digest('hex'),
  };
}

let corrected = false;

/** Versions of the fetch request whose responses contain batches. */
export const FETCH_VERSIONS = [4, 5, 6, 7, 8, 9, 10, 11];

/** Makes kafkajs decode fetches with {@link fetchedRecords}, once per process. */
export function correctFetchedRecords(): void {
  if (corrected) return;
  corrected = true;
  const require = createRequire(import.meta.url);
  const folder = 'kafkajs/src/protocol/requests/fetch';
  const path = require.resolve(`${folder}/v4/decodeMessages.js`);
  const legacy = require(path) as Decode;
  const { lookupCodecByAttributes } = require('kafkajs/src/protocol/message/compression') as {
    readonly lookupCodecByAttributes: Lookup;
  };
  const module = require.cache[path];
  if (!module) throw new Error(`${path} is not where kafkajs keeps it`);
  module.exports = fetchedRecords(legacy, lookupCodecByAttributes);
  // Those that were read already hold the former one; kafkajs asks for them anew at each fetch.
  for (const version of FETCH_VERSIONS)
    delete require.cache[require.resolve(`${folder}/v${version}/response.js`)];
}
