import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { sha256Of } from '../../../src/model/checkpoint/files.js';
import { MANIFEST_FILE, WEIGHTS_FILE } from '../../../src/model/checkpoint/manifest.js';
import { parseCheckpoint } from '../../../src/model/checkpoint/readCheckpoint.js';
import { writeCheckpoint } from '../../../src/model/checkpoint/writeCheckpoint.js';
import { progressFile } from '../../../src/model/training/progressFile.js';
import { someCheckpoints } from '../../unit/model/checkpoint/support.js';
import { type FuzzTarget, fuzzTarget } from '../fuzzTarget.js';
import { mutated } from '../mutations.js';
import { nearlyJson } from '../nearlyJson.js';

const KEY = 'a'.repeat(64);

/** Checkpoints and progress files, with the right hash put on what was damaged: else nothing behind it would be reached. */
export async function checkpointTargets(): Promise<FuzzTarget[]> {
  const parent = await mkdtemp(join(tmpdir(), 'lethe-fuzz-'));
  try {
    const [first] = await someCheckpoints();
    const { folder } = await writeCheckpoint(parent, first);
    const [manifest, weights] = await Promise.all([
      readFile(join(folder, MANIFEST_FILE)),
      readFile(join(folder, WEIGHTS_FILE)),
    ]);
    const analytic = analyticManifest(JSON.parse(manifest.toString()));
    const documents = [JSON.parse(manifest.toString()), analytic];
    const progress = await savedProgress(parent);
    return [
      fuzzTarget('checkpoint: manifest', 6, nearlyJson(documents), (damaged) =>
        parseCheckpoint({ manifest: damaged, weights }),
      ),
      fuzzTarget('checkpoint: weights', 2, fc.tuple(mutated([weights]), fc.boolean()), ([damaged, hashed]) =>
        parseCheckpoint({ manifest: hashed ? pointedAt(manifest, damaged) : manifest, weights: damaged }),
      ),
      progressTarget(progress),
    ];
  } finally {
    await rm(parent, { recursive: true });
  }
}

function pointedAt(manifest: Buffer, weights: Buffer): Buffer {
  const document = JSON.parse(manifest.toString());
  document.files[WEIGHTS_FILE] = { bytes: weights.length, sha256: sha256Of(weights) };
  return Buffer.from(JSON.stringify(document));
}

/** A manifest of the analytic learner, whose arrays would fill these weights. */
function analyticManifest(manifest: Record<string, unknown>): Record<string, unknown> {
  const { blocks: _, config: __, ...rest } = manifest;
  return {
    ...rest,
    learner: 'analytic',
    classes: ['cat'],
    counts: [4],
    width: 2,
    config: {},
    arrays: [
      { name: 'gram', shape: [3], offset: 0 },
      { name: 'sums', shape: [1, 2], offset: 3 },
      { name: 'weights', shape: [1, 2], offset: 5 },
    ],
  };
}

async function savedProgress(folder: string): Promise<Buffer> {
  const numbers = (): Float32Array[] => [new Float32Array([1, 2, 3]), new Float32Array([4])];
  const file = progressFile(folder, KEY);
  await file.save({
    epoch: 3,
    parameters: numbers(),
    moments: { first: numbers(), second: numbers(), steps: 4 },
  });
  return readFile(join(folder, '.progress', `${KEY}.bin`));
}

function progressTarget(saved: Buffer): FuzzTarget {
  const content = saved.subarray(saved.indexOf('\n') + 1);
  const inputs = fc.tuple(mutated([content]), fc.integer({ min: 0, max: 9 }));
  let folder: string | undefined;
  return fuzzTarget('progress of a training', 0.5, inputs, async ([damaged, sure]) => {
    folder ??= await mkdtemp(join(tmpdir(), 'lethe-fuzz-'));
    const file = progressFile(folder, KEY);
    if ((await file.read()).kind === 'none')
      await file.save({ epoch: 1, parameters: [], moments: { first: [], second: [], steps: 0 } });
    const hash = sure === 0 ? 'b'.repeat(64) : sha256Of(damaged);
    await writeFile(
      join(folder, '.progress', `${KEY}.bin`),
      Buffer.concat([Buffer.from(`${hash}\n`), damaged]),
    );
    await file.read();
  });
}
