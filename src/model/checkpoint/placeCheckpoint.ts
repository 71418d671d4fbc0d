import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointFiles } from './checkpointFiles.js';
import { flushFolder, sha256Of, writeFlushed } from './files.js';
import { MANIFEST_FILE, WEIGHTS_FILE } from './manifest.js';
import { readCheckpoint } from './readCheckpoint.js';
import { removeAtOnce } from './removal.js';
import { WRITING_PREFIX } from './unfinished.js';

/**
 * Writes the files of a checkpoint to the folder `version` below `parent`, completely or not at all: to a temporary
 * folder, flushed to the disk, read back and compared with their hashes, and then renamed. Idempotent.
 * @param sha256 SHA-256 that the manifest must have
 * @returns the folder of the checkpoint
 * @throws LetheError `checkpoint-corrupt` if the files do not match their hashes
 */
export async function placeCheckpoint(
  parent: string,
  version: string,
  files: CheckpointFiles,
  sha256: string,
): Promise<string> {
  const folder = join(parent, version);
  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(join(parent, WRITING_PREFIX));
  try {
    await writeFlushed(join(temporary, WEIGHTS_FILE), files.weights);
    await writeFlushed(join(temporary, MANIFEST_FILE), files.manifest);
    await readCheckpoint(temporary, sha256);
    await replaceFolder(temporary, folder, sha256);
    await flushFolder(parent);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

/**
 * Renames `temporary` to `folder`; one that is there with the same content stays, any other gives way. Others may do the
 * same at this moment: nothing is removed that one of them has placed whole.
 */
async function replaceFolder(temporary: string, folder: string, sha256: string): Promise<void> {
  while (!(await isWhole(folder, sha256))) {
    try {
      return await rename(temporary, folder);
    } catch (error) {
      if (!isOccupied(error)) throw error;
      if (!(await isWhole(folder, sha256))) await removeAtOnce(folder);
    }
  }
}

function isOccupied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST');
}

async function isWhole(folder: string, sha256: string): Promise<boolean> {
  const manifest = await readFile(join(folder, MANIFEST_FILE)).catch(() => undefined);
  if (manifest === undefined || sha256Of(manifest) !== sha256) return false;
  return readCheckpoint(folder, sha256).then(
    () => true,
    () => false,
  );
}
