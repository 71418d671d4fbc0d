import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LetheError } from '../../domain/errors.js';
import { MANIFEST_FILE, WEIGHTS_FILE } from './manifest.js';

/** The bytes of a checkpoint's files. */
export interface CheckpointFiles {
  readonly manifest: Buffer;
  readonly weights: Buffer;
}

/**
 * Reads the files of a checkpoint, unchecked.
 * @throws LetheError `checkpoint-corrupt`, whose field names the file that can't be read
 */
export async function filesIn(folder: string): Promise<CheckpointFiles> {
  return { manifest: await read(folder, MANIFEST_FILE), weights: await read(folder, WEIGHTS_FILE) };
}

async function read(folder: string, file: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, file));
  } catch (error) {
    throw corrupt(file, 'cannot be read', { cause: error });
  }
}

/** The error of a checkpoint's file that is missing or wrong. */
export function corrupt(
  file: string,
  what: string,
  details: { readonly value?: string; readonly remedy?: string; readonly cause?: unknown } = {},
): LetheError {
  return new LetheError('checkpoint-corrupt', `${file} of the checkpoint ${what}`, {
    field: file,
    remedy: 'Restore the checkpoint from a backup, or delete it and learn its task again.',
    ...details,
  });
}
