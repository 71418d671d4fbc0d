import { mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Begins the names of the folders in which things are on their way out. */
export const REMOVING_PREFIX = '.removing-';

/**
 * Removes a file or a folder so that nobody finds it half removed: it is taken away in one step and then deleted, with what
 * others write into it meanwhile. What is not there is no error.
 */
export async function removeAtOnce(path: string): Promise<void> {
  const bin = await mkdtemp(join(dirname(path), REMOVING_PREFIX)).catch(ignoreMissing);
  if (bin === undefined) return;
  await rename(path, join(bin, basename(path))).catch(ignoreMissing);
  await emptied(bin);
}

/** Deletes a folder with what is in it, also while files appear there. */
export function emptied(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}

/** For `catch`: a file that is not there is as good as removed. */
export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
