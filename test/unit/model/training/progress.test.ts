import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OptimiserState } from '../../../../src/model/ssre/optimise.js';
import { progressFile } from '../../../../src/model/training/progressFile.js';
import { sparingly } from '../../../../src/model/training/sparingly.js';
import { type KeyedTask, taskKey } from '../../../../src/model/training/taskKey.js';
import { clusters, DIMENSION, smallConfig } from '../ssre/support.js';

const KEY = 'a'.repeat(64);
const state: OptimiserState = {
  epoch: 3,
  parameters: [new Float32Array([1.5, -2]), new Float32Array([Math.PI])],
  moments: {
    first: [new Float32Array([0.25, 1e-30]), new Float32Array([-7])],
    second: [new Float32Array([1e30, 0]), new Float32Array([9])],
    steps: 12,
  },
};

describe('the progress of a training', () => {
  let folder = '';
  const path = (): string => join(folder, '.progress', `${KEY}.bin`);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-progress-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('reads back as it was saved last, and nothing else is left', async () => {
    const file = progressFile(folder, KEY);
    await file.save({ ...state, epoch: 2 });
    await file.save(state);
    expect(await file.read()).toEqual({ kind: 'found', state });
    expect(await readdir(join(folder, '.progress'))).toEqual([`${KEY}.bin`]);
  });

  it('is none before the first save, for another key, and after it was cleared', async () => {
    const file = progressFile(folder, KEY);
    expect(await file.read()).toEqual({ kind: 'none' });
    await file.save(state);
    expect(await progressFile(folder, 'b'.repeat(64)).read()).toEqual({ kind: 'none' });
    await file.clear();
    await file.clear();
    expect(await file.read()).toEqual({ kind: 'none' });
  });

  it('takes those of other trainings along when it is cleared', async () => {
    await progressFile(folder, 'b'.repeat(64)).save(state);
    await progressFile(folder, KEY).clear();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is damaged where any byte is changed, added or missing', async () => {
    const file = progressFile(folder, KEY);
    await file.save(state);
    const bytes = await readFile(path());
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await writeFile(path(), changed);
      expect(await file.read()).toMatchObject({ kind: 'damaged' });
      await writeFile(path(), bytes.subarray(0, at));
      expect(await file.read()).toMatchObject({ kind: 'damaged' });
    }
    await writeFile(path(), Buffer.concat([bytes, Buffer.from([0])]));
    expect(await file.read()).toMatchObject({ kind: 'damaged' });
  });

  it('of another training under this name is damaged', async () => {
    await progressFile(folder, 'b'.repeat(64)).save(state);
    const other = await readFile(join(folder, '.progress', `${'b'.repeat(64)}.bin`));
    await writeFile(path(), other);
    expect(await progressFile(folder, KEY).read()).toMatchObject({ kind: 'damaged' });
  });
});

describe('saving sparingly', () => {
  it('saves at first, and then when the last save took at most a twentieth of the time since', async () => {
    let time = 0;
    const saved: number[] = [];
    const save = sparingly<number>(
      async (value) => {
        saved.push(value);
        time += 10;
      },
      () => {},
      () => time,
    );
    for (const at of [0, 10, 199, 200, 300, 399, 401]) {
      time = at;
      await save(at);
    }
    expect(saved).toEqual([0, 200, 401]);
  });

  it('tells the first failure, and goes on trying', async () => {
    let time = 0;
    let tries = 0;
    const failures: unknown[] = [];
    const save = sparingly<number>(
      async () => {
        tries++;
        throw new Error('the disk is full');
      },
      (error) => failures.push(error),
      () => time,
    );
    for (time = 0; time < 3; time++) await save(time);
    expect([tries, failures.length]).toEqual([3, 1]);
  });
});

describe('the key of a training', () => {
  const task: KeyedTask = {
    ...clusters([0, 1], 5),
    dimension: DIMENSION,
    config: smallConfig(),
    backend: 'wasm',
    base: null,
    unlearned: ['x', 'y'],
  };

  it('is the same for the same task, wherever its vectors lie', () => {
    const buffer = new Float32Array(task.vectors.length + 4);
    buffer.set(task.vectors, 4);
    const again = { ...task, vectors: buffer.subarray(4), unlearned: ['y', 'x'] };
    expect(taskKey(again)).toBe(taskKey(task));
    expect(taskKey(task)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, Partial<KeyedTask>]>([
    ['name', { task: 'other' }],
    ['base', { base: { sha256: 'c'.repeat(64) } }],
    ['settings', { config: smallConfig({ seed: 7 }) }],
    ['classes', { classes: ['1', '0'] }],
    ['unlearned classes', { unlearned: ['x'] }],
    ['labels', { labels: task.labels.map((label) => 1 - label) }],
    ['vectors', { vectors: task.vectors.map((value, at) => (at === 7 ? value + 1e-6 : value)) }],
    ['backend', { backend: 'tensorflow' }],
  ])('is another for other %s', (_, over) => {
    expect(taskKey({ ...task, ...over })).not.toBe(taskKey(task));
  });
});
