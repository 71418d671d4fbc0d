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

/** A record as kafkajs wants it of a fetch; `unreadable` where it stands for a whole batch. */
export interface FetchedRecord extends BatchedRecord {
  isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
  readonly unreadable?: Unreadable;
}

/** The decoder of kafkajs, at the records of one partition in the answer to a fetch. */
export interface FetchDecoder {
  buffer: Buffer;
  offset: number;
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer;
}
type Decode = (decoder: FetchDecoder) => Promise<FetchedRecord[]>;
type Lookup = (attributes: number) => { decompress(buffer: Buffer): Promise<Buffer> } | null;

/** Bytes that a record takes in memory beside its own. */
const RECORD_OVERHEAD = 256;

/**
 * Reads what fetches bring in the place of kafkajs 2.2.4, which ends at one batch that can't be opened and asks for it
 * again for ever; which takes headers named `constructor` or `__proto__` for what every object has; which needs a time
 * quadratic in the number of headers; and which has no limit of its own.
 *
 * A batch that can't be opened becomes one record that stands for it (see {@link Unreadable}). Of one fetch no more than
 * `LARGEST_BATCH` bytes are opened before the rest is left for the next; the first batch always is.
 */
export function fetchedRecords(legacy: Decode, lookup: Lookup): Decode {
  /** Bytes that were opened of each answer so far. */
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
  /** That they take in memory, about. */
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

/** Compaction leaves batches without records. Something that no one sees has to lead on behind them. */
function passage(head: BatchHead, batchContext: FetchedRecord['batchContext']): FetchedRecord[] {
  const last = { ...standIn(head), isControlRecord: true, batchContext };
  return [{ ...last, offset: String(head.firstOffset) }, last];
}

/** A record in the place of a batch: the last one, since whoever asks for any record of a batch gets it whole. */
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

/** Versions of the fetch request whose answers hold batches. */
export const FETCH_VERSIONS = [4, 5, 6, 7, 8, 9, 10, 11];

/** Has kafkajs read fetches by {@link fetchedRecords}, once a process. */
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
