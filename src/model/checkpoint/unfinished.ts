import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { knowsOneOf, MANIFEST_FILE } from './manifest.js';
import { emptied, ignoreMissing, REMOVING_PREFIX, removeAtOnce } from './removal.js';

/** Folder beside the checkpoints with the progress of current trainings. */
export const PROGRESS_FOLDER = '.progress';

/** Begins the names of the folders in which checkpoints are written. */
export const WRITING_PREFIX = '.writing-';

/** A checkpoint without a manifest that nobody has added to for so long is not being written any more. */
const ABANDONED_MS = 60_000;

/**
 * Removes remains of models that knew these classes, except checkpoints: the progress of trainings (the weights of
 * networks that saw the classes), and files of processes that were killed while they removed or wrote a checkpoint. A
 * current training loses only its last save.
 */
export async function removeUnfinished(checkpoints: string, classes: readonly string[]): Promise<void> {
  await removeAtOnce(join(checkpoints, PROGRESS_FOLDER));
  for (const name of (await readdir(checkpoints).catch(ignoreMissing)) ?? []) {
    const folder = join(checkpoints, name);
    const isLeft =
      name.startsWith(REMOVING_PREFIX) ||
      (name.startsWith(WRITING_PREFIX) && (await isLeftWriting(folder, classes)));
    if (isLeft) await emptied(folder);
  }
}

/**
 * Names of the folders of checkpoints that are on their way in or out and know one of these classes, or might: one without a
 * manifest tells nothing.
 */
export async function unfinishedOf(checkpoints: string, classes: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of (await readdir(checkpoints).catch(ignoreMissing)) ?? []) {
    if (name.startsWith(REMOVING_PREFIX)) found.push(name);
    if (!name.startsWith(WRITING_PREFIX)) continue;
    const manifest = await readFile(join(checkpoints, name, MANIFEST_FILE)).catch(ignoreMissing);
    if (!manifest || knowsOneOf(manifest, classes)) found.push(name);
  }
  return found;
}

/** Nobody writes a model that knows a class which is erased. */
async function isLeftWriting(folder: string, classes: readonly string[]): Promise<boolean> {
  const manifest = await readFile(join(folder, MANIFEST_FILE)).catch(ignoreMissing);
  if (manifest) return knowsOneOf(manifest, classes);
  const written = await stat(folder).catch(ignoreMissing);
  return written !== undefined && Date.now() - written.mtimeMs > ABANDONED_MS;
}
