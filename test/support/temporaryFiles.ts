import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | undefined;

/**
 * Gives the run a folder of its own for temporary files: what tests leave there, and the processes that they start and kill,
 * goes with it.
 */
export async function setup(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'lethe-tests-'));
  process.env.TMPDIR = folder;
}

/** Deletes that folder. */
export async function teardown(): Promise<void> {
  if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
