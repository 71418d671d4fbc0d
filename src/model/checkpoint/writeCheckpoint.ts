import { arraysOf, encoded } from './arrays.js';
import type { Checkpoint, StoredCheckpoint } from './checkpoint.js';
import { sha256Of } from './files.js';
import { CHECKPOINT_FORMAT, type Manifest, WEIGHTS_FILE } from './manifest.js';
import { placeCheckpoint } from './placeCheckpoint.js';
import { software } from './software.js';

/**
 * Writes a checkpoint below `parent` in a folder named after its version, whole or not at all (see `placeCheckpoint`). The
 * same checkpoint written twice is the same folder.
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
  const folder = await placeCheckpoint(parent, version, { manifest: text, weights }, sha256);
  return { version, folder, sha256 };
}
