import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { arraysOf, encoded } from './arrays.js';
import type { Checkpoint, StoredCheckpoint } from './checkpoint.js';
import { CHECKPOINT_FORMAT, MANIFEST_FILE, type Manifest, WEIGHTS_FILE } from './manifest.js';
import { readCheckpoint } from './readCheckpoint.js';

/**
 * Writes a checkpoint below `parent` in a folder named after its version. Whole or not at all: it is written to a folder
 * beside, flushed to the disk, read back and compared with its hashes, and then renamed. The same checkpoint written
 * twice is the same folder.
 */
export async function writeCheckpoint(parent: string, checkpoint: Checkpoint): Promise<StoredCheckpoint> {
  const { state } = checkpoint;
  const arrays = arraysOf(state);
  const weights = encoded(arrays);
  let offset = 0;
  const manifest: Manifest = {
    format: CHECKPOINT_FORMAT,
    task: checkpoint.task,
    tasks: state.tasks,
    classes: [...state.classes],
    dimension: state.dimension,
    width: state.trunk.stem.outputs,
    blocks: state.trunk.blocks.length,
    config: checkpoint.config,
    backend: checkpoint.backend,
    software: software(),
    arrays: arrays.map(({ name, shape, values }) => {
      const array = { name, shape: [...shape], offset };
      offset += values.length;
      return array;
    }),
    files: { [WEIGHTS_FILE]: { bytes: weights.length, sha256: sha256Of(weights) } },
  };
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const sha256 = sha256Of(text);
  const version = `v${String(state.tasks).padStart(4, '0')}-${sha256.slice(0, 8)}`;
  const folder = join(parent, version);

  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(join(parent, '.writing-'));
  try {
    await writeFlushed(join(temporary, WEIGHTS_FILE), weights);
    await writeFlushed(join(temporary, MANIFEST_FILE), text);
    await readCheckpoint(temporary, sha256);
    await replaceFolder(temporary, folder, text);
    await flushFolder(parent);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return { version, folder, sha256 };
}

/** SHA-256 in hexadecimal. */
export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function writeFlushed(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Renames `temporary` to `folder`; one that is there with the same manifest stays, any other gives way. */
async function replaceFolder(temporary: string, folder: string, manifest: Buffer): Promise<void> {
  const there = await readFile(join(folder, MANIFEST_FILE)).catch(() => undefined);
  if (there?.equals(manifest)) {
    const whole = await readCheckpoint(folder, sha256Of(manifest)).then(
      () => true,
      () => false,
    );
    if (whole) return;
  }
  if (await stat(folder).catch(() => undefined)) await rm(folder, { recursive: true });
  await rename(temporary, folder);
}

/** Makes the rename itself survive a power cut. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().catch(() => undefined); // Not every file system can.
  await handle.close();
}

const packageSchema = z.object({ version: z.string() });

function software(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const versionIn = (path: string): string => packageSchema.parse(require(path)).version;
  return {
    lethe: versionIn('../../../package.json'),
    node: process.versions.node,
    tfjs: versionIn('@tensorflow/tfjs/package.json'),
  };
}
