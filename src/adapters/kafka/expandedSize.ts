/**
 * Upper bounds of the size of decompressed bytes, computed from their frames alone, before any memory is allocated. A
 * decoder allocates what the frames declare, and a kilobyte may declare gigabytes. Each function returns undefined
 * for bytes without such a frame.
 */

const LZ4_MAGIC = 0x184d2204;
const ZSTD_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const ZSTD_BLOCK = 128 * 1024;
/** No element of Snappy gives more than 64 bytes for three. */
const SNAPPY_RATIO = 22;

/** Snappy's raw format: the declared size, if the number of bytes allows it. */
export function snappySize(block: Buffer): number | undefined {
  let size = 0;
  for (let at = 0; at < 5; at++) {
    const byte = block[at];
    if (byte === undefined) return undefined;
    size += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return size <= block.length * SNAPPY_RATIO ? size : undefined;
  }
  return undefined;
}

/** LZ4 frames (lz4_Frame_format.md): the largest size of a block, for each block. */
export function lz4Size(frames: Buffer): number | undefined {
  let total = 0;
  let at = 0;
  do {
    const frame = lz4Frame(frames, at);
    if (!frame) return undefined;
    total += frame.size;
    at = frame.end;
  } while (at < frames.length);
  return total;
}

function lz4Frame(frames: Buffer, start: number): { size: number; end: number } | undefined {
  if (start + 7 > frames.length || frames.readUInt32LE(start) !== LZ4_MAGIC) return undefined;
  const flags = frames.readUInt8(start + 4);
  const [blockSums, contentSize, contentSum, dictionary] = [flags & 16, flags & 8, flags & 4, flags & 1];
  const largest = 2 ** (8 + 2 * ((frames.readUInt8(start + 5) >> 4) & 7));
  let size = 0;
  for (let at = start + 7 + (contentSize ? 8 : 0) + (dictionary ? 4 : 0); at + 4 <= frames.length; ) {
    const block = frames.readUInt32LE(at);
    if (block === 0) return { size, end: at + 4 + (contentSum ? 4 : 0) };
    size += largest;
    at += 4 + (block & 0x7fffffff) + (blockSums ? 4 : 0);
  }
  return undefined;
}

/** Zstandard frames (RFC 8878): the largest size of each block; a frame that declares more is invalid. */
export function zstdSize(frames: Buffer): number | undefined {
  let total = 0;
  let at = 0;
  while (at < frames.length) {
    if (at + 8 > frames.length) return undefined;
    const magic = frames.readUInt32LE(at);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + frames.readUInt32LE(at + 4);
      continue;
    }
    if (magic !== ZSTD_MAGIC) return undefined;
    const frame = zstdFrame(frames, at);
    if (!frame) return undefined;
    total += frame.size;
    at = frame.end;
  }
  return total;
}

function zstdFrame(frames: Buffer, start: number): { size: number; end: number } | undefined {
  const flags = frames.readUInt8(start + 4);
  const single = (flags & 0x20) !== 0;
  const checksum = (flags & 4) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] as number;
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][flags >> 6] as number;
  let at = start + 5 + (single ? 0 : 1) + dictionaryBytes;
  if (at + sizeBytes > frames.length) return undefined;
  const promised = promisedSize(frames, at, sizeBytes);
  at += sizeBytes;
  let size = 0;
  for (let last = false; !last; ) {
    if (at + 3 > frames.length) return undefined;
    const header = frames.readUIntLE(at, 3);
    const [kind, length] = [(header >> 1) & 3, header >> 3];
    last = (header & 1) === 1;
    size += kind === 2 ? ZSTD_BLOCK : length;
    at += 3 + (kind === 1 ? 1 : length);
  }
  if (promised !== undefined && promised > size) return undefined;
  return { size, end: at + (checksum ? 4 : 0) };
}

function promisedSize(frames: Buffer, at: number, bytes: number): number | undefined {
  if (bytes === 0) return undefined;
  if (bytes === 8) return Number(frames.readBigUInt64LE(at));
  return frames.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}
