import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ModelVersion } from '../../../../src/domain/messages/model.js';
import type { Trainer, TrainingNotice, TrainingTask } from '../../../../src/model/trainer.js';
import { createTrainer, type TrainerOptions } from '../../../../src/model/training/trainer.js';
import { clusters, DIMENSION, smallConfig } from '../ssre/support.js';
import { withItsProcess } from './support.js';

/** Takes long enough to be interrupted, and short enough to be finished. */
const schedule = { epochs: 150, batchSize: 16, learningRate: 1e-3, decayEvery: 100, weightDecay: 5e-4 };
const ssre = smallConfig({ initial: schedule, incremental: schedule });
const first = clusters([0, 1], 40);
const second = clusters([2], 40);

let folder = '';
const open: Trainer[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-resume-'));
});
afterEach(async () => {
  await closed();
  await rm(folder, { recursive: true });
});

async function closed(): Promise<void> {
  await Promise.all(open.splice(0).map((trainer) => trainer.close()));
}

async function trainer(over: Partial<TrainerOptions> = {}): Promise<Trainer> {
  const options = { checkpoints: folder, backend: 'wasm', ssre, dimension: DIMENSION } as const;
  const created = await createTrainer({ ...options, ...over });
  open.push(created);
  return created;
}

/** Trains by a new trainer whose process is killed after its second epoch. */
async function killed(task: TrainingTask, from?: ModelVersion): Promise<void> {
  const [it, child] = await withItsProcess(() => trainer(from ? { from } : {}));
  const training = it.train(task, ({ epoch }) => {
    if (epoch === 2) process.kill(child, 'SIGKILL');
  });
  await expect(training).rejects.toMatchObject({ code: 'training-failed', retriable: true });
  await closed();
}

/** Trains by a new trainer; tells all that it said. */
async function trained(
  task: TrainingTask,
  over: Partial<TrainerOptions> = {},
): Promise<{ model: ModelVersion; epochs: number[]; notices: TrainingNotice[] }> {
  const epochs: number[] = [];
  const notices: TrainingNotice[] = [];
  const it = await trainer({ onNotice: (notice) => notices.push(notice), ...over });
  const model = await it.train(task, ({ epoch }) => epochs.push(epoch));
  return { model, epochs, notices };
}

describe('a training whose process was killed', () => {
  let elsewhere = '';
  let one: ModelVersion;
  let two: ModelVersion;
  beforeAll(async () => {
    elsewhere = await mkdtemp(join(tmpdir(), 'lethe-undisturbed-'));
    const it = await trainer({ checkpoints: elsewhere });
    one = await it.train(first, () => {});
    two = await it.train(second, () => {});
    await closed();
  });
  afterAll(() => rm(elsewhere, { recursive: true }));

  it.each([
    ['first', first, () => undefined, () => one],
    ['later', second, () => one, () => two],
  ])('goes on where it was in a new process: the %s task', async (_, task, base, undisturbed) => {
    const from = base();
    await killed(task, from);
    const { model, epochs, notices } = await trained(task, from ? { from } : {});
    expect(epochs[0]).toBeGreaterThan(1);
    expect(epochs.at(-1)).toBe(schedule.epochs);
    expect(notices).toEqual([{ kind: 'resumed', epoch: (epochs[0] ?? 0) - 1 }]);
    expect(model.sha256).toBe(undisturbed().sha256);
    expect((await readdir(folder)).sort()).toEqual(['.done', model.version]);
  });

  it('goes on in the same trainer as well', async () => {
    const epochs: number[] = [];
    const [it, child] = await withItsProcess(trainer);
    const training = it.train(first, () => process.kill(child, 'SIGKILL'));
    await expect(training).rejects.toMatchObject({ code: 'training-failed' });
    expect((await it.train(first, ({ epoch }) => epochs.push(epoch))).sha256).toBe(one.sha256);
    expect(epochs[0]).toBeGreaterThan(1);
  });
});

describe('a training that was done before', () => {
  const quick = smallConfig();

  it('is found by a new process, which trains nothing and goes on from it', async () => {
    const one = await trained(first, { ssre: quick });
    const again = await trained(first, { ssre: quick });
    expect(again).toEqual({
      model: one.model,
      epochs: [],
      notices: [{ kind: 'found', version: one.model.version }],
    });
    const next = await trained(second, { ssre: quick, from: again.model });
    expect(next.model.classes).toEqual(['0', '1', '2']);
  });
});
