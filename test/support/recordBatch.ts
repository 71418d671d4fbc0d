/** Kafka's record batches (version 2), written byte by byte: also those that no client would write. */

/** Bytes or text; null is written as absent. */
export type Raw = string | Uint8Array | null;

/** A record as it lies in a batch. Headers may repeat, lack a value, and have names that are no text. */
export interface RawRecord {
  readonly key: Raw;
  readonly value: Raw;
  readonly headers: readonly (readonly [string | Uint8Array, Raw])[];
  /** Milliseconds since the epoch, in 64 bits. */
  readonly timestamp: bigint;
}

/** Numbers of the compressions in a batch's attributes. */
export const COMPRESSION = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

/** How the records of a batch are compressed: by which function, and what the batch says of it. */
export interface BatchCompression {
  readonly type: keyof typeof COMPRESSION;
  readonly compress: (records: Buffer) => Buffer | Promise<Buffer>;
}

const MAGIC = 2;
const NO_PRODUCER = -1n;

/** The bytes of one batch with these records. */
export async function recordBatch(
  records: readonly RawRecord[],
  compression?: BatchCompression,
): Promise<Buffer> {
  const base = records[0]?.timestamp ?? 0n;
  const latest = records.reduce((max, { timestamp }) => (timestamp > max ? timestamp : max), base);
  const plain = Buffer.concat(records.map((record, index) => recordBytes(record, index, base)));
  const body = compression ? await compression.compress(plain) : plain;
  const head = Buffer.alloc(40);
  head.writeInt16BE(COMPRESSION[compression?.type ?? 'none'], 0);
  head.writeInt32BE(records.length - 1, 2);
  head.writeBigInt64BE(base, 6);
  head.writeBigInt64BE(latest, 14);
  head.writeBigInt64BE(NO_PRODUCER, 22);
  head.writeInt16BE(-1, 30);
  head.writeInt32BE(-1, 32);
  head.writeInt32BE(records.length, 36);
  const checked = Buffer.concat([head, body]);
  const start = Buffer.alloc(21);
  start.writeInt32BE(checked.length + 9, 8);
  start.writeInt8(MAGIC, 16);
  start.writeUInt32BE(crc32c(checked), 17);
  return Buffer.concat([start, checked]);
}

function recordBytes({ key, value, headers, timestamp }: RawRecord, index: number, base: bigint): Buffer {
  const parts = [
    Buffer.alloc(1),
    varint(BigInt.asIntN(64, timestamp - base)),
    varint(BigInt(index)),
    ...sized(key),
    ...sized(value),
    varint(BigInt(headers.length)),
  ];
  for (const [name, content] of headers) parts.push(...sized(name), ...sized(content));
  const body = Buffer.concat(parts);
  return Buffer.concat([varint(BigInt(body.length)), body]);
}

function sized(content: Raw): Buffer[] {
  if (content === null) return [varint(-1n)];
  const bytes = Buffer.from(content);
  return [varint(BigInt(bytes.length)), bytes];
}

/** Zigzag, then seven bits a byte. */
function varint(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (Castagnoli). */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 255] ?? 0);
  return ~crc >>> 0;
}
