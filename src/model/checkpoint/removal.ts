import { mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Begins the names of the folders in which things are on their way out. */
export const REMOVING_PREFIX = '.removing-';

/**
 * Removes a file or a folder so that nobody finds it half removed: it is renamed in one step and then deleted,
 * including what others write into it meanwhile. A missing one is no error.
 */
export async function removeAtOnce(path: string): Promise<void> {
  const bin = await mkdtemp(join(dirname(path), REMOVING_PREFIX)).catch(ignoreMissing);
  if (bin === undefined) return;
  await rename(path, join(bin, basename(path))).catch(ignoreMissing);
  await emptied(bin);
}

/** Deletes a folder and its content, even while files appear in it. */
export function emptied(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}

/** For `catch`: a file that is not there is as good as removed. */
export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
