import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { LARGEST_BATCH } from '../../../../src/adapters/kafka/codecs.js';
import { type FetchDecoder, fetchedRecords } from '../../../../src/adapters/kafka/fetchedRecords.js';
import { toRecord } from '../../../../src/adapters/kafka/record.js';

const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => FetchDecoder;
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(batch: object): Promise<{ buffer: Buffer }>;
};
const encode = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => object;

interface Written {
  readonly key?: string | null;
  readonly value: string | null;
  readonly headers?: Record<string, unknown>;
  readonly timestampDelta?: number;
}

/** A batch as it lies in the log. */
async function batch(
  firstOffset: number,
  records: readonly Written[],
  changes: object = {},
): Promise<Buffer> {
  const encoded = records.map(({ key = null, ...record }, offsetDelta) =>
    encode({ timestampDelta: 0, ...record, key, offsetDelta }),
  );
  const written = { firstOffset, lastOffsetDelta: records.length - 1, records: encoded, ...changes };
  return Buffer.from((await RecordBatch(written)).buffer);
}

/** What a fetch brings: the answer's bytes for each partition. */
function answer(...partitions: Buffer[][]): FetchDecoder {
  const parts = partitions.flatMap((batches) => {
    const size = Buffer.alloc(4);
    size.writeInt32BE(batches.reduce((sum, { length }) => sum + length, 0));
    return [size, ...batches];
  });
  return new Decoder(Buffer.concat(parts));
}

const never = () => Promise.reject(new Error('there is none of this format'));
const decode = fetchedRecords(never, () => null);
const offsets = (records: readonly { offset: string }[]) => records.map(({ offset }) => Number(offset));

it('reads what kafkajs writes', async () => {
  const written = await batch(
    7,
    [
      { key: 'k', value: 'v', headers: { once: 'a', twice: ['b', 'c'] }, timestampDelta: -5 },
      { value: null, timestampDelta: 2 ** 40 },
    ],
    { firstTimestamp: 1000 },
  );
  const [one, two] = await decode(answer([written]));
  expect(one).toMatchObject({
    offset: '7',
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    timestamp: '995',
  });
  expect(one?.headers).toEqual({ once: Buffer.from('a'), twice: [Buffer.from('b'), Buffer.from('c')] });
  expect(two).toMatchObject({ offset: '8', key: null, value: null, timestamp: String(2 ** 40 + 1000) });
});

it('takes headers that every object has for what they are', async () => {
  const headers = Object.fromEntries([
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['toString', ['t', 'u']],
  ]);
  const [message] = await decode(answer([await batch(0, [{ value: 'x', headers }])]));
  const record = message && toRecord(message, 't', 0);
  expect(Object.entries(record?.headers ?? {})).toEqual([
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['toString', 't'],
  ]);
});

it('leaves a batch that was cut off for the next fetch', async () => {
  const [one, two] = [await batch(0, [{ value: 'a' }]), await batch(1, [{ value: 'b' }])];
  for (let bytes = 0; bytes < two.length; bytes += 7)
    expect(offsets(await decode(answer([one, two.subarray(0, bytes)])))).toEqual([0]);
});

it('puts one record in the place of a batch that holds something else than it says', async () => {
  const [before, broken, after] = [
    await batch(0, [{ value: 'a' }]),
    await batch(1, [{ value: 'b' }, { value: 'c' }]),
    await batch(3, [{ value: 'd' }]),
  ];
  broken.fill(0xff, 61);
  const records = await decode(answer([before, broken, after]));
  expect(offsets(records)).toEqual([0, 2, 3]);
  expect(records[1]).toMatchObject({
    isControlRecord: false,
    unreadable: { firstOffset: 1n, bytes: broken.length, error: { code: 'invalid-message', field: 'batch' } },
  });
});

it('puts one record in the place of a batch that has too many', async () => {
  const many = await batch(0, [{ value: 'a' }], { lastOffsetDelta: 999_999 });
  many.writeInt32BE(1_000_000, 57);
  const records = await decode(answer([many, await batch(1_000_000, [{ value: 'b' }])]));
  expect(offsets(records)).toEqual([999_999, 1_000_000]);
  expect(records[0]?.unreadable?.error.message).toContain('1000000 records');
});

it('leads on behind a batch without records, which compaction leaves', async () => {
  const records = await decode(answer([await batch(5, [], { lastOffsetDelta: 3 })]));
  expect(offsets(records)).toEqual([5, 8]);
  expect(records.every(({ isControlRecord }) => isControlRecord)).toBe(true);
});

it('opens no more of one answer than fits in memory, but always something', async () => {
  const large = Buffer.alloc(LARGEST_BATCH);
  const opening = fetchedRecords(never, () => ({ decompress: async () => large }));
  const partition = [await batch(0, [], { lastOffsetDelta: 0 }), await batch(1, [], { lastOffsetDelta: 0 })];
  for (const each of partition) each.writeInt32BE(1, 57);
  // Zeros are no record; what counts is how often something was opened. An empty record of a batch:
  large[0] = 2 * 6;
  large.fill(0, 1, 7);
  const decoder = answer(partition, partition);
  expect(offsets(await opening(decoder))).toEqual([0]);
  expect(await opening(decoder)).toEqual([]);
});
