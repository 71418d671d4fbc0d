import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { decoded, encoded } from '../checkpoint/arrays.js';
import { sha256Of, writeWhole } from '../checkpoint/files.js';
import { removeAtOnce } from '../checkpoint/removal.js';
import { PROGRESS_FOLDER } from '../checkpoint/unfinished.js';
import type { OptimiserState } from '../ssre/optimise.js';

/** What lies before the numbers, as a line of JSON. Before that comes a line with the SHA-256 of all that follows it. */
const headerSchema = z.strictObject({
  key: z.string(),
  epoch: z.int().positive(),
  steps: z.int().nonnegative(),
  /** Numbers of each parameter; then come as many of their first and of their second moments. */
  lengths: z.array(z.int().nonnegative()),
});

/** What was found of a training that broke off. */
export type FoundProgress =
  | { readonly kind: 'none' }
  | { readonly kind: 'found'; readonly state: OptimiserState }
  | { readonly kind: 'damaged'; readonly reason: string };

/** The progress of the training `key`, kept in a folder beside the checkpoints until its own checkpoint is written. */
export interface ProgressFile {
  /** Every byte is checked against its hash. */
  read(): Promise<FoundProgress>;
  /** Whole or not at all: after a crash at any moment the file is the one before or the new one. */
  save(state: OptimiserState): Promise<void>;
  /** Removes this file and, of trainings that nobody went on with, all others. */
  clear(): Promise<void>;
}

export function progressFile(checkpoints: string, key: string): ProgressFile {
  const folder = join(checkpoints, PROGRESS_FOLDER);
  const path = join(folder, `${key}.bin`);
  return {
    read: async () => {
      try {
        return { kind: 'found', state: parsed(await readFile(path), key) };
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { kind: 'none' };
        return { kind: 'damaged', reason: error instanceof Error ? error.message : String(error) };
      }
    },
    save: async (state) => {
      await mkdir(folder, { recursive: true });
      await writeWhole(path, serialised(state, key));
    },
    // What can't be removed now is removed after the next task, and before an erasure ends.
    clear: () => removeAtOnce(folder).catch(() => undefined),
  };
}

function serialised({ epoch, parameters, moments }: OptimiserState, key: string): Buffer {
  const header: z.infer<typeof headerSchema> = {
    key,
    epoch,
    steps: moments.steps,
    lengths: parameters.map(({ length }) => length),
  };
  const arrays = [...parameters, ...moments.first, ...moments.second].map((values) => ({ values }));
  const content = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), encoded(arrays)]);
  return Buffer.concat([Buffer.from(`${sha256Of(content)}\n`), content]);
}

function parsed(bytes: Buffer, key: string): OptimiserState {
  const [hash, content] = lineOf(bytes);
  if (sha256Of(content) !== hash) throw new Error('it does not match its hash');
  const [line, numbers] = lineOf(content);
  const header = headerSchema.parse(JSON.parse(line));
  const { lengths } = header;
  const count = lengths.reduce((sum, length) => sum + length, 0);
  if (header.key !== key) throw new Error('it is of another task');
  if (numbers.length !== 3 * count * Float32Array.BYTES_PER_ELEMENT) throw new Error('it has another size');
  const all = decoded(numbers);
  let end = 0;
  const next = (): Float32Array[] =>
    lengths.map((length) => {
      end += length;
      return all.subarray(end - length, end);
    });
  const parameters = next();
  return { epoch: header.epoch, parameters, moments: { first: next(), second: next(), steps: header.steps } };
}

/** The first line and what comes after it. */
function lineOf(bytes: Buffer): [string, Buffer] {
  const end = bytes.indexOf('\n');
  return [bytes.toString('utf8', 0, Math.max(0, end)), bytes.subarray(end + 1)];
}
