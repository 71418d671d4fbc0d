import { mkdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Float16Array } from '@petamoriken/float16';
import { LetheError } from 'lethe/internal/domain/errors.js';

/** How vectors are kept: float16 halves the disk and changes a component by less than a thousandth. */
export type Precision = 'float32' | 'float16';

const FORMATS = {
  float32: { bytes: Float32Array.BYTES_PER_ELEMENT, ending: 'f32' },
  float16: { bytes: Float16Array.BYTES_PER_ELEMENT, ending: 'f16' },
} as const;
/** Left free beside what is to be written. */
const RESERVE_BYTES = 64 * 2 ** 20;

/** The files of a part's vectors, so many rows a file. A file is there whole or not at all. */
export interface VectorChunks {
  /** The vectors from row `start` on, or undefined where they are not kept (or not whole). */
  read(start: number, rows: number): Promise<Float32Array | undefined>;
  /** Returns the vectors as they will be read: a first run and later ones see the same. */
  write(start: number, vectors: Float32Array): Promise<Float32Array>;
  /** Bytes that are still to be written, of so many rows in chunks of so many. */
  missingBytes(rows: number, chunk: number): Promise<number>;
}

/** The chunks named `<part>-<first row>.<ending>` in `folder`, of vectors of `dimension` components. */
export function vectorChunks(
  folder: string,
  part: string,
  dimension: number,
  precision: Precision,
): VectorChunks {
  const { bytes, ending } = FORMATS[precision];
  const fileAt = (start: number): string =>
    join(folder, `${part}-${String(start).padStart(5, '0')}.${ending}`);
  return {
    async read(start, rows) {
      const kept = await readFile(fileAt(start)).catch(() => undefined);
      if (kept?.length !== rows * dimension * bytes) return undefined;
      return decoded(kept, precision);
    },
    async write(start, vectors) {
      const file = fileAt(start);
      const unfinished = `${file}.${process.pid}`;
      const kept = encoded(vectors, precision);
      try {
        await writeFile(unfinished, kept);
        await rename(unfinished, file);
        return decoded(kept, precision);
      } catch (cause) {
        await rm(unfinished, { force: true });
        throw unwritable(file, cause);
      }
    },
    async missingBytes(rows, chunk) {
      let missing = 0;
      for (let start = 0; start < rows; start += chunk) {
        const size = Math.min(chunk, rows - start) * dimension * bytes;
        const kept = await stat(fileAt(start)).catch(() => undefined);
        if (kept?.size !== size) missing += size;
      }
      return missing;
    },
  };
}

/**
 * Makes `folder` and sees that so many bytes fit below it, before hours of work end at a full disk.
 * @param free how many bytes are free, by default as the file system says
 * @throws LetheError `disk-full`
 */
export async function reserveDisk(
  folder: string,
  bytes: number,
  free: (folder: string) => Promise<number> = freeBytes,
): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
  if (bytes === 0) return;
  const available = await free(folder);
  if (available >= bytes + RESERVE_BYTES) return;
  throw new LetheError(
    'disk-full',
    `${megabytes(bytes)} MB of embeddings do not fit into ${megabytes(available)} MB of free space`,
    {
      field: 'cache',
      value: folder,
      remedy: 'Free space, set LETHE_CACHE to another disk, or use --precision float16.',
    },
  );
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function decoded(kept: Uint8Array, precision: Precision): Float32Array {
  const { buffer } = new Uint8Array(kept);
  return precision === 'float32' ? new Float32Array(buffer) : Float32Array.from(new Float16Array(buffer));
}

function encoded(vectors: Float32Array, precision: Precision): Uint8Array {
  if (precision === 'float32') return new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
  return new Uint8Array(Float16Array.from(vectors).buffer);
}

function unwritable(file: string, cause: unknown): LetheError {
  const full = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
  return new LetheError(full ? 'disk-full' : 'internal', `${file} can't be written`, {
    field: 'cache',
    value: dirname(file),
    remedy: full
      ? 'Free space, or set LETHE_CACHE to another disk. Lethe keeps what it has written so far.'
      : 'Make the folder writable, or set LETHE_CACHE to another one.',
    cause,
  });
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
