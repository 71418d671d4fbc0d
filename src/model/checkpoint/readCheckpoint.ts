import type { Block, Linear, SsreState } from '../ssre/network.js';
import { DIRECTIONS } from '../ssre/prototypes.js';
import { analyticStateOf } from './analyticArrays.js';
import { arraysWith, decoded, expectedArrays, sizeOf } from './arrays.js';
import type { Checkpoint } from './checkpoint.js';
import { type CheckpointFiles, corrupt, filesIn } from './checkpointFiles.js';
import { sha256Of } from './files.js';
import {
  type AnalyticManifest,
  analyticManifestSchema,
  MANIFEST_FILE,
  type Manifest,
  manifestSchema,
  WEIGHTS_FILE,
} from './manifest.js';

/**
 * Reads a checkpoint and checks every byte of it against its hashes. Data only: nothing in it is executed.
 * @param folder the checkpoint's own folder
 * @param expectedSha256 SHA-256 that the manifest must have, where it is known
 * @throws LetheError `checkpoint-corrupt`, whose field names the file that is missing or wrong
 */
export async function readCheckpoint(folder: string, expectedSha256?: string): Promise<Checkpoint> {
  return parseCheckpoint(await filesIn(folder), expectedSha256);
}

/** {@link readCheckpoint} of files in memory. */
export function parseCheckpoint(
  { manifest: text, weights: bytes }: CheckpointFiles,
  expectedSha256?: string,
): Checkpoint {
  if (expectedSha256 !== undefined) checkHash(MANIFEST_FILE, text, expectedSha256);
  const manifest = parsed(text);
  const expected = manifest.files[WEIGHTS_FILE];
  if (bytes.length !== expected.bytes) {
    throw corrupt(WEIGHTS_FILE, `has ${bytes.length} bytes, not ${expected.bytes}`);
  }
  checkHash(WEIGHTS_FILE, bytes, expected.sha256);
  const { task, backend } = manifest;
  return 'learner' in manifest
    ? {
        learner: 'analytic',
        state: analyticStateOf(manifest, bytes),
        task,
        config: manifest.config,
        backend,
      }
    : {
        learner: 'ssre',
        state: stateOf(manifest, numbersIn(bytes)),
        task,
        config: manifest.config,
        backend,
      };
}

function numbersIn(bytes: Buffer): Float32Array {
  if (bytes.length % Float32Array.BYTES_PER_ELEMENT === 0) return decoded(bytes);
  throw corrupt(WEIGHTS_FILE, `has ${bytes.length} bytes, which is no whole number of numbers`);
}

function checkHash(file: string, bytes: Buffer, expected: string): void {
  const found = sha256Of(bytes);
  if (found !== expected) throw corrupt(file, `has the SHA-256 ${found}, not ${expected}`);
}

/** A manifest that names no learner is SSRE's. */
function parsed(text: Buffer): Manifest | AnalyticManifest {
  let json: unknown;
  try {
    json = JSON.parse(text.toString('utf8'));
  } catch (error) {
    throw corrupt(MANIFEST_FILE, 'is no JSON', { cause: error });
  }
  const named = typeof json === 'object' && json !== null && 'learner' in json;
  const result = (named ? analyticManifestSchema : manifestSchema).safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw corrupt(MANIFEST_FILE, `is not valid at ${issue?.path.join('.') || 'its root'}: ${issue?.message}`);
}

function stateOf(manifest: Manifest, numbers: Float32Array): SsreState {
  const { dimension, width, blocks, classes, tasks, temperatureFactor } = manifest;
  // Looked at before anything of that many parts is made.
  if (manifest.arrays.length !== arraysWith(blocks)) {
    throw corrupt(MANIFEST_FILE, `lists ${manifest.arrays.length} arrays, not ${arraysWith(blocks)}`);
  }
  const expected = expectedArrays(manifest, classes.length);
  if (JSON.stringify(manifest.arrays) !== JSON.stringify(expected)) {
    throw corrupt(MANIFEST_FILE, 'lists arrays that do not fit its sizes');
  }
  const arrays = new Map(
    expected.map(({ name, shape, offset }) => {
      return [name, numbers.slice(offset, offset + sizeOf({ shape }))];
    }),
  );
  const array = (name: string): Float32Array => {
    const values = arrays.get(name);
    if (values === undefined) throw corrupt(MANIFEST_FILE, `lists no array ${name}`);
    return values;
  };
  const total = [...arrays.values()].reduce((sum, { length }) => sum + length, 0);
  if (total !== numbers.length) throw corrupt(WEIGHTS_FILE, `has ${numbers.length} numbers, not ${total}`);

  const layer = (name: string, inputs: number): Linear => ({
    inputs,
    outputs: width,
    weights: array(`${name}.weights`),
    bias: array(`${name}.bias`),
  });
  const block = (index: number): Block => ({
    first: layer(`blocks.${index}.first`, width),
    second: layer(`blocks.${index}.second`, width),
  });
  const means = array('prototypes.mean');
  const spreads = array('prototypes.spread');
  const size = DIRECTIONS * width;
  return {
    dimension,
    tasks,
    classes,
    temperatureFactor,
    trunk: {
      stem: layer('stem', dimension),
      blocks: Array.from({ length: blocks }, (_, index) => block(index)),
    },
    head: { rows: array('head.rows'), bias: array('head.bias') },
    prototypes: classes.map((_, index) => ({
      mean: means.slice(index * width, (index + 1) * width),
      spread: spreads.slice(index * size, (index + 1) * size),
    })),
  };
}
