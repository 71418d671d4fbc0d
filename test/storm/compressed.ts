import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import kafkajs from 'kafkajs';
import { PRODUCER } from '../../src/adapters/kafka/client.js';
import { compressionType, registerCodecs } from '../../src/adapters/kafka/codecs.js';
import type { BatchCompression } from '../support/recordBatch.js';
import type { Hostile } from './hostile.js';
import type { Writer } from './writer.js';

/** Id of the queries that were taken back. */
export const ABORTED = 'storm-aborted';

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
}

/** More than a reader should unpack at once. */
const BOMB_BYTES = 140 * 2 ** 20;

/** Hostile records in a batch of one of the compressions. */
export async function compressedBatch(
  hostile: Hostile,
  writer: Writer,
  type: Exclude<BatchCompression['type'], 'none'>,
): Promise<void> {
  await registerCodecs();
  const codecs = kafkajs.CompressionCodecs as unknown as Record<number, () => Codec>;
  const codec = codecs[compressionType(type)]?.();
  if (!codec) throw new Error(`there is no codec of ${type}`);
  const records = (['samples', 'queries', 'commands'] as const).flatMap((role) =>
    Array.from({ length: 5 }, () => hostile.next(role)),
  );
  await writer.hostile(records, { type, compress: (buffer) => codec.compress({ buffer }) });
}

/** One record of zeros that is small only while it is compressed. */
export async function bomb(writer: Writer): Promise<void> {
  const record = {
    key: null,
    value: Buffer.alloc(BOMB_BYTES),
    headers: [],
    timestamp: BigInt(Date.now()),
  };
  await writer.hostile([{ role: 'queries', kind: 'a bomb', record, alone: true }], {
    type: 'gzip',
    compress: (buffer) => promisify(gzip)(buffer),
  });
}

/** Whole queries of a transaction that its sender takes back. */
export async function abortedTransaction(
  { broker, topic }: { broker: string; topic: string },
  hostile: Hostile,
): Promise<void> {
  const producer = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING }).producer({
    // Its partitioner too: that of kafkajs takes minutes of this process for a key of a megabyte.
    ...PRODUCER,
    transactionalId: 'storm-aborts',
  });
  await producer.connect();
  try {
    const transaction = await producer.transaction();
    const messages = Array.from({ length: 10 }, () => {
      const { key, value } = hostile.next('queries').record;
      const headers = {
        ce_id: ABORTED,
        ce_type: 'lethe.query',
        ce_source: '/x',
        ce_specversion: '1.0',
      };
      return { key: key === null ? null : Buffer.from(key), value: Buffer.from(value ?? 'x'), headers };
    });
    // A topic whose limit the storm has lowered does not take them: nothing was written then, which is what an abort leaves.
    await transaction.send({ topic, messages }).catch((error: unknown) => {
      if (!(error instanceof Error && 'type' in error && error.type === 'MESSAGE_TOO_LARGE')) throw error;
    });
    await transaction.abort();
  } finally {
    await producer.disconnect();
  }
}
