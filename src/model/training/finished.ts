import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Checkpoint, type StoredCheckpoint, versionSchema } from '../checkpoint/checkpoint.js';
import { writeWhole } from '../checkpoint/files.js';
import { readCheckpoint } from '../checkpoint/readCheckpoint.js';

const finishedSchema = z.object({ version: versionSchema, sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** Remembers that the training `key` made the checkpoint `stored`, which lies in `checkpoints`. */
export async function rememberFinished(
  checkpoints: string,
  key: string,
  { version, sha256 }: StoredCheckpoint,
): Promise<void> {
  const path = pathOf(checkpoints, key);
  await mkdir(join(path, '..'), { recursive: true });
  await writeWhole(path, Buffer.from(`${JSON.stringify({ version, sha256 })}\n`));
}

/** The checkpoint that the training `key` made before, if it is there and whole. */
export async function findFinished(
  checkpoints: string,
  key: string,
): Promise<{ readonly stored: StoredCheckpoint; readonly checkpoint: Checkpoint } | null> {
  const path = pathOf(checkpoints, key);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return null;
  try {
    const { version, sha256 } = finishedSchema.parse(JSON.parse(text));
    const folder = join(checkpoints, version);
    return { stored: { version, folder, sha256 }, checkpoint: await readCheckpoint(folder, sha256) };
  } catch {
    // The checkpoint was removed or damaged: the training makes it again.
    await rm(path, { force: true });
    return null;
  }
}

function pathOf(checkpoints: string, key: string): string {
  return join(checkpoints, '.done', `${key}.json`);
}
