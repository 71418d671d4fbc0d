import { gzipSync } from 'node:zlib';

const MEMBER = gzipSync(Buffer.alloc(1 << 24));
/** A megabyte or less that says, or becomes, hundreds of megabytes. */
export const BOMBS: Readonly<Record<'gzip' | 'snappy' | 'lz4' | 'zstd', readonly Buffer[]>> = {
  gzip: [Buffer.concat(Array.from({ length: 40 }, () => MEMBER))],
  // The length before a block of Snappy may be any; so may that before a block of the Java library.
  snappy: [
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0]),
    Buffer.concat([
      Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
      Buffer.from([0, 0, 0, 6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]),
    ]),
  ],
  lz4: [lz4Bomb(160)],
  zstd: [zstdBomb(5000), zstdBomb(5000, true)],
};

/** A frame of blocks of one byte that is repeated 128 KiB times, 4 bytes each. */
function zstdBomb(blocks: number, single = false): Buffer {
  const head = [0x28, 0xb5, 0x2f, 0xfd, ...(single ? [0xa0, 0xff, 0xff, 0xff, 0x3f] : [0x00, 0x58])];
  const block = (last: boolean): number[] => {
    const header = (last ? 1 : 0) | (1 << 1) | (0x20000 << 3);
    return [header & 255, (header >> 8) & 255, (header >> 16) & 255, 0];
  };
  return Buffer.from([...head, ...Array.from({ length: blocks }, (_, i) => block(i === blocks - 1)).flat()]);
}

/** A frame of independent blocks of 4 MiB of zeros, 16 KiB each. */
function lz4Bomb(blocks: number): Buffer {
  const size = 4 << 20;
  // One literal zero, then a match at distance 1 for all but the last five bytes, which are literals.
  const extra = size - 1 - 5 - 4 - 15;
  const lengths = Buffer.alloc(Math.floor(extra / 255) + 1, 255);
  lengths[lengths.length - 1] = extra % 255;
  const block = Buffer.concat([Buffer.from([0x1f, 0, 1, 0]), lengths, Buffer.from([0x50, 0, 0, 0, 0, 0])]);
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(block.length);
  return Buffer.concat([
    head,
    ...Array.from({ length: blocks }, () => [length, block]).flat(),
    Buffer.alloc(4),
  ]);
}
