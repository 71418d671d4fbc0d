import { analyticArraysOf } from './analyticArrays.js';
import { arraysOf, encoded, laidOut } from './arrays.js';
import type { Checkpoint, StoredCheckpoint } from './checkpoint.js';
import { sha256Of } from './files.js';
import { type AnalyticManifest, CHECKPOINT_FORMAT, type Manifest, WEIGHTS_FILE } from './manifest.js';
import { placeCheckpoint } from './placeCheckpoint.js';
import { software } from './software.js';

/**
 * Writes a checkpoint below `parent` in a folder named after its version, whole or not at all (see `placeCheckpoint`). The
 * same checkpoint written twice is the same folder.
 */
export async function writeCheckpoint(parent: string, checkpoint: Checkpoint): Promise<StoredCheckpoint> {
  const arrays =
    checkpoint.learner === 'ssre' ? arraysOf(checkpoint.state) : analyticArraysOf(checkpoint.state);
  const weights = encoded(arrays);
  const manifest: Manifest | AnalyticManifest = {
    ...describedBy(checkpoint),
    backend: checkpoint.backend,
    software: software(),
    arrays: laidOut(arrays.map(({ name, shape }) => [name, shape])),
    files: { [WEIGHTS_FILE]: { bytes: weights.length, sha256: sha256Of(weights) } },
  };
  const { state } = checkpoint;
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const sha256 = sha256Of(text);
  const version = `v${String(state.tasks).padStart(4, '0')}-${sha256.slice(0, 8)}`;
  const folder = await placeCheckpoint(parent, version, { manifest: text, weights }, sha256);
  return { version, folder, sha256 };
}

type Written = 'backend' | 'software' | 'arrays' | 'files';

/** What the manifest says of the state itself. */
function describedBy(checkpoint: Checkpoint): Omit<Manifest, Written> | Omit<AnalyticManifest, Written> {
  const { state, task } = checkpoint;
  const common = {
    format: CHECKPOINT_FORMAT as typeof CHECKPOINT_FORMAT,
    task,
    tasks: state.tasks,
    classes: [...state.classes],
    temperatureFactor: state.temperatureFactor,
  };
  if (checkpoint.learner === 'ssre') {
    const { dimension, trunk } = checkpoint.state;
    return {
      ...common,
      dimension,
      width: trunk.stem.outputs,
      blocks: trunk.blocks.length,
      config: checkpoint.config,
    };
  }
  const { dimension, statistics } = checkpoint.state;
  return {
    learner: 'analytic',
    ...common,
    dimension,
    width: statistics.width,
    counts: [...statistics.counts],
    config: checkpoint.config,
  };
}
