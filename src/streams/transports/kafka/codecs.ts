import * as zstd from '@bokuweb/zstd-wasm';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import { compress as snappyBlock, uncompress as snappyUnblock } from 'snappy';
import type { Compression } from './options.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** What kafkajs wants of a codec; the encoder holds the records. */
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

/** Teaches kafkajs the codecs that it lacks, once a process: whoever wrote a record chose among all of them. */
export function registerCodecs(): Promise<void> {
  registered ??= zstd.init().then(() => {
    CompressionCodecs[CompressionTypes.LZ4] = () => lz4;
    CompressionCodecs[CompressionTypes.Snappy] = () => snappy;
    CompressionCodecs[CompressionTypes.ZSTD] = () => zstandard;
  });
  return registered;
}

const lz4: Codec = {
  compress: ({ buffer }) => compressFrame(buffer),
  decompress: (buffer) => decompressFrame(buffer),
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
    for (let at = XERIAL_HEADER.length; at < buffer.length; ) {
      const length = buffer.readUInt32BE(at);
      parts.push(await unblock(buffer.subarray(at + 4, at + 4 + length)));
      at += 4 + length;
    }
    return Buffer.concat(parts);
  },
};

async function unblock(block: Buffer): Promise<Buffer> {
  return Buffer.from(await snappyUnblock(block, { asBuffer: true }));
}

const ZSTD_LEVEL = 3;
const SMALLEST_GUESS = 1 << 20;
const LARGEST_GUESS = 1 << 28;

const zstandard: Codec = {
  compress: async ({ buffer }) => Buffer.from(zstd.compress(buffer, ZSTD_LEVEL)),
  /** Java's streams do not say how large the content is, so the room for it is guessed. */
  async decompress(buffer) {
    for (let guess = SMALLEST_GUESS; ; guess *= 4) {
      try {
        return Buffer.from(zstd.decompress(buffer, { defaultHeapSize: guess }));
      } catch (error) {
        if (guess >= LARGEST_GUESS) throw error;
      }
    }
  },
};
