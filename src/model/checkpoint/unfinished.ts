import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Folder, beside the checkpoints, of what is saved of trainings that are under way. */
export const PROGRESS_FOLDER = '.progress';

/** Removes what trainings that broke off had saved: the numbers of networks that saw their classes. */
export async function removeUnfinished(checkpoints: string): Promise<void> {
  await rm(join(checkpoints, PROGRESS_FOLDER), { recursive: true, force: true });
}
