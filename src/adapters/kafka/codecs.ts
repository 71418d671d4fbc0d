import { promisify } from 'node:util';
import { gunzip, gzip as gzipped } from 'node:zlib';
import * as zstd from '@bokuweb/zstd-wasm';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import { compress as snappyBlock, uncompress as snappyUnblock } from 'snappy';
import { LetheError } from '../../domain/errors.js';
import { lz4Size, snappySize, zstdSize } from './expandedSize.js';
import type { Compression } from './options.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** The interface of a codec in kafkajs; the encoder contains the records. */
interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

/** The number by which kafkajs knows a compression. */
export function compressionType(compression: Compression): number {
  const types: Record<Compression, number> = {
    none: CompressionTypes.None,
    gzip: CompressionTypes.GZIP,
    snappy: CompressionTypes.Snappy,
    lz4: CompressionTypes.LZ4,
    zstd: CompressionTypes.ZSTD,
  };
  return types[compression];
}

let registered: Promise<void> | undefined;

/**
 * Adds the codecs that kafkajs lacks, once per process, because a writer may have chosen any of them. Its own gzip
 * codec is replaced by one with a size limit.
 */
export function registerCodecs(): Promise<void> {
  registered ??= zstd.init().then(() => {
    CompressionCodecs[CompressionTypes.GZIP] = () => guarded('gzip', gzip);
    CompressionCodecs[CompressionTypes.LZ4] = () => guarded('lz4', lz4);
    CompressionCodecs[CompressionTypes.Snappy] = () => guarded('snappy', snappy);
    CompressionCodecs[CompressionTypes.ZSTD] = () => guarded('zstd', zstandard);
  });
  return registered;
}

/** Largest size of a decompressed batch, in bytes. */
export const LARGEST_BATCH = 2 ** 27;

/** Turns every error of a codec into an error of Lethe. */
function guarded(name: Compression, { compress, decompress }: Codec): Codec {
  return {
    compress,
    async decompress(buffer) {
      try {
        return await decompress(buffer);
      } catch (thrown) {
        throw unreadableBatch(buffer.length, thrown, name);
      }
    },
  };
}

/** Why a batch of records cannot be opened. */
export function unreadableBatch(bytes: number, thrown: unknown, compression?: Compression): LetheError {
  const because = thrown instanceof Error ? thrown.message : String(thrown);
  const what = compression ? `can't be decompressed (${compression})` : "can't be read";
  return new LetheError('invalid-message', `a batch of records ${what}: ${because}`, {
    field: compression ? 'compression' : 'batch',
    value: `${bytes} bytes`,
    // Without the cause, which kafkajs would hand on in the place of this error.
    remedy: 'Find out who writes to this topic, and send the records of the batch again in smaller batches.',
  });
}

/** @throws RangeError if the size is unknown or above the limit */
function within(size: number | undefined): number {
  if (size === undefined) throw new RangeError('its frames are damaged');
  if (size > LARGEST_BATCH) throw new RangeError(`it would become more than ${LARGEST_BATCH} bytes`);
  return size;
}

const gzip: Codec = {
  compress: ({ buffer }) => promisify(gzipped)(buffer),
  decompress: (buffer) => promisify(gunzip)(buffer, { maxOutputLength: LARGEST_BATCH }),
};

const lz4: Codec = {
  compress: ({ buffer }) => compressFrame(buffer),
  async decompress(buffer) {
    within(lz4Size(buffer));
    return decompressFrame(buffer);
  },
};

/** The frame of the Java library: this magic, two versions, then blocks that are preceded by their length. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
const XERIAL_BLOCK = 32 * 1024;

const snappy: Codec = {
  async compress({ buffer }) {
    const parts: Buffer[] = [XERIAL_HEADER];
    for (let at = 0; at < buffer.length; at += XERIAL_BLOCK) {
      const block = await snappyBlock(buffer.subarray(at, at + XERIAL_BLOCK));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(block.length);
      parts.push(length, block);
    }
    return Buffer.concat(parts);
  },
  async decompress(buffer) {
    if (!buffer.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return unblock(buffer);
    const parts: Buffer[] = [];
    let total = 0;
    for (let at = XERIAL_HEADER.length; at < buffer.length; ) {
      const length = buffer.readUInt32BE(at);
      const part = await unblock(buffer.subarray(at + 4, at + 4 + length));
      total = within(total + part.length);
      parts.push(part);
      at += 4 + length;
    }
    return Buffer.concat(parts);
  },
};

async function unblock(block: Buffer): Promise<Buffer> {
  within(snappySize(block));
  return Buffer.from(await snappyUnblock(block, { asBuffer: true }));
}

const ZSTD_LEVEL = 3;

const zstandard: Codec = {
  compress: async ({ buffer }) => Buffer.from(zstd.compress(buffer, ZSTD_LEVEL)),
  /** Java's streams do not declare the size of the content, so the buffer has the largest possible size. */
  decompress: async (buffer) =>
    Buffer.from(zstd.decompress(buffer, { defaultHeapSize: within(zstdSize(buffer)) })),
};
