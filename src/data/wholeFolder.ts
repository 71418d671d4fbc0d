import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Creates `folder` with `build`, or leaves it unchanged if it exists. The folder is complete or absent. `build` fills
 * a temporary folder beside it, which is then renamed; remains of a failure are removed. If two processes build at
 * the same time, one wins and the other uses its result.
 */
export async function wholeFolder(folder: string, build: (into: string) => Promise<void>): Promise<string> {
  if (await exists(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const temporary = await mkdtemp(join(dirname(folder), '.making-'));
  try {
    await build(temporary);
    await rename(temporary, folder);
  } catch (error) {
    if (!(await exists(folder))) throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
