import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LetheError } from '../../../../src/domain/errors.js';
import type { ModelVersion } from '../../../../src/domain/messages/model.js';
import { readCheckpoint } from '../../../../src/model/checkpoint/readCheckpoint.js';
import { loadClassifier } from '../../../../src/model/loadClassifier.js';
import type { Trainer } from '../../../../src/model/trainer.js';
import { createTrainer, type TrainerOptions } from '../../../../src/model/training/trainer.js';
import { clusters, DIMENSION, smallConfig } from '../ssre/support.js';
import { collectGarbage, isAlive, withItsProcess } from './support.js';

let folder = '';
const open: Trainer[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-trainer-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((trainer) => trainer.close()));
  await rm(folder, { recursive: true });
});

async function trainer(over: Partial<TrainerOptions> = {}): Promise<Trainer> {
  const options = {
    checkpoints: folder,
    backend: 'wasm',
    ssre: smallConfig(),
    dimension: DIMENSION,
  } as const;
  const created = await createTrainer({ ...options, ...over });
  open.push(created);
  return created;
}

const ignore = (): void => {};
const first = clusters([0, 1], 40);
const second = clusters([2], 40);
/** Takes long enough to be interrupted after its first epoch. */
const endless = smallConfig({
  initial: { epochs: 100_000, batchSize: 8, learningRate: 1e-4, decayEvery: 100_000, weightDecay: 0 },
});

describe('a trainer', () => {
  it('trains tasks one on top of the other in another process, and reports every epoch', async () => {
    const it = await trainer();
    const epochs: number[] = [];
    const [, model] = await Promise.all([
      it.train(first, ({ epoch }) => epochs.push(epoch)),
      it.train(second, ignore),
    ]);
    expect(it.backend).toBe('wasm');
    expect(epochs).toEqual([1, 2, 3, 4, 5, 6]);
    expect(model).toMatchObject({
      classes: ['0', '1', '2'],
      task: '2',
      dimension: DIMENSION,
      backend: 'wasm',
    });
    expect(model.version).toMatch(/^v0002-/);
    const checkpoint = await readCheckpoint(fileURLToPath(model.checkpoint), model.sha256);
    expect(checkpoint.state.tasks).toBe(2);
    const classifier = await loadClassifier(model, { backend: 'cpu' });
    const logits = await classifier.logits(second.vectors.subarray(0, DIMENSION));
    expect(logits.indexOf(Math.max(...logits))).toBe(2);
    classifier.dispose();
  });

  it('keeps nothing of the tasks that it has trained', async () => {
    const it = await trainer();
    const given: WeakRef<Float32Array>[] = [];
    const trainOne = async (kind: number): Promise<void> => {
      const task = clusters([kind], 40);
      given.push(new WeakRef(task.vectors));
      await it.train(task, ignore);
    };
    for (const kind of [0, 1, 2]) await trainOne(kind);
    await expect
      .poll(() => {
        collectGarbage();
        return given.filter((vectors) => vectors.deref() !== undefined).length;
      })
      .toBe(0);
  });

  it('trains the same model again from the same seed, and goes on from one that it is given', async () => {
    const one = await (await trainer()).train(first, ignore);
    const two = await (await trainer({ from: one })).train(second, ignore);
    const whole = await trainer({ checkpoints: join(folder, 'other') });
    expect((await whole.train(first, ignore)).sha256).toBe(one.sha256);
    expect((await whole.train(second, ignore)).sha256).toBe(two.sha256);
  });

  it('asks where the checkpoint lies that it is given, not where those lie that it made', async () => {
    const one = await (await trainer()).train(first, ignore);
    const asked: string[] = [];
    const it = await trainer({
      from: { ...one, checkpoint: 'redis:somewhere' },
      resolve: async ({ checkpoint }) => {
        asked.push(checkpoint);
        return fileURLToPath(one.checkpoint);
      },
    });
    await it.train(second, ignore);
    const third = await it.train(clusters([3], 40), ignore);
    expect(third.classes).toEqual(['0', '1', '2', '3']);
    expect(asked).toEqual(['redis:somewhere']);
  });

  it('goes on from the model that is current, not from one that it made but that never became so', async () => {
    let current: ModelVersion | null = null;
    const it = await trainer({ from: () => current });
    const one = await it.train(first, ignore);
    expect((await it.train(first, ignore)).sha256).toBe(one.sha256);
    current = one;
    const two = await it.train(second, ignore);
    expect((await it.train(second, ignore)).sha256).toBe(two.sha256);
  });

  it('fails a task whose base is not to be had, and goes on', async () => {
    const one = await (await trainer()).train(first, ignore);
    let reachable = false;
    const it = await trainer({
      from: one,
      resolve: async ({ checkpoint }) => {
        if (!reachable) throw new LetheError('unreachable', 'no connection', { remedy: 'Wait.' });
        return fileURLToPath(checkpoint);
      },
    });
    await expect(it.train(second, ignore)).rejects.toMatchObject({ code: 'unreachable' });
    reachable = true;
    expect((await it.train(second, ignore)).classes).toEqual(['0', '1', '2']);
  });

  it('sends tasks of many chunks whole', async () => {
    const many = clusters([0, 1, 2], 1000);
    const once = { epochs: 3, batchSize: 512, learningRate: 1e-2, decayEvery: 1, weightDecay: 0 };
    const model = await (await trainer({ ssre: smallConfig({ initial: once }) })).train(many, ignore);
    const classifier = await loadClassifier(model, { backend: 'cpu' });
    const logits = await classifier.logits(many.vectors);
    const right = many.labels.filter((label, row) => {
      const answer = logits.subarray(3 * row, 3 * row + 3);
      return answer.indexOf(Math.max(...answer)) === label;
    });
    expect(right.length / many.labels.length).toBeGreaterThan(0.8);
    classifier.dispose();
  });

  it.each([
    ['a class that is known', { ...clusters([1], 8) }, 'class-known'],
    ['a class twice', { ...first, classes: ['x', 'x'] }, 'class-known'],
    ['vectors of another dimension', { ...second, vectors: new Float32Array(7) }, 'wrong-dimension'],
    ['a class without vectors', { ...second, classes: ['2', '3'] }, 'training-failed'],
    ['a label of no class', { ...second, labels: second.labels.map(() => 9) }, 'training-failed'],
    [
      'no class at all',
      { ...second, classes: [], vectors: new Float32Array(0), labels: new Int32Array(0) },
      'training-failed',
    ],
  ])('refuses %s and goes on', async (_, task, code) => {
    const it = await trainer();
    await it.train(first, ignore);
    await expect(it.train(task, ignore)).rejects.toMatchObject({ code });
    expect((await it.train(second, ignore)).classes).toEqual(['0', '1', '2']);
  });

  it('passes on what its process refuses, and goes on', async () => {
    const it = await trainer();
    const vectors = first.vectors.slice();
    vectors[0] = Number.POSITIVE_INFINITY;
    await expect(it.train({ ...first, vectors }, ignore)).rejects.toMatchObject({
      code: 'invalid-vector',
      field: 'vectors.0',
      value: 'Infinity',
    });
    expect((await it.train(first, ignore)).classes).toEqual(['0', '1']);
  });

  it('fails the task whose process dies, and trains the next in a new one from the last checkpoint', async () => {
    const [it, child] = await withItsProcess(trainer);
    await it.train(first, ignore);
    let killed = false;
    const dying = it.train(second, () => {
      if (!killed) process.kill(child, 'SIGKILL');
      killed = true;
    });
    await expect(dying).rejects.toMatchObject({ code: 'training-failed', retriable: true });
    expect((await it.train(second, ignore)).classes).toEqual(['0', '1', '2']);
  });

  it('gives up the task in training when it is closed, and takes none afterwards', async () => {
    const it = await trainer({ ssre: endless });
    const abandoned = it.train(first, () => void it.close());
    await expect(abandoned).rejects.toMatchObject({ code: 'training-failed' });
    await expect(it.train(first, ignore)).rejects.toMatchObject({ code: 'training-failed' });
  });

  it('leaves no process behind when its parent dies', async () => {
    const program = `
      const { createTrainer } = await import('./src/model/training/trainer.ts');
      const { clusters, smallConfig } = await import('./test/unit/model/ssre/support.ts');
      const { readdirSync, readFileSync } = await import('node:fs');
      const trainer = await createTrainer({
        checkpoints: ${JSON.stringify(folder)}, backend: 'cpu', dimension: ${DIMENSION},
        ssre: smallConfig(${JSON.stringify(endless)}),
      });
      trainer.train(clusters([0, 1], 40), () => {
        const children = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim();
        process.stdout.write(children, () => process.kill(process.pid, 'SIGKILL'));
      });`;
    const options = { cwd: fileURLToPath(new URL('../../../../', import.meta.url)) };
    const args = ['--import', 'tsx', '--input-type=module', '-e', program];
    const failure: unknown = await promisify(execFile)(process.execPath, args, options).catch(
      (error) => error,
    );
    const pids = String((failure as { stdout: string }).stdout)
      .split(' ')
      .filter(Boolean)
      .map(Number);
    expect(pids.length).toBeGreaterThan(0);
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });
});
