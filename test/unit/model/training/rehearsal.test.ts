import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../../../src/model/checkpoint/readCheckpoint.js';
import type { Trainer, TrainingTask } from '../../../../src/model/trainer.js';
import { createTrainer } from '../../../../src/model/training/trainer.js';
import { clusters, DIMENSION, smallConfig } from '../ssre/support.js';

/** More vectors than go in one message to the training process. */
const MANY = 1500;
const rehearsal = { epochs: 3, batchSize: 64, learningRate: 5e-3, decayEvery: 6, weightDecay: 5e-4, rank: 3 };
const first = clusters([0, 1], 40);
const remembered = clusters([0, 1], MANY);
const alone = clusters([2], 40);
const task: TrainingTask = { ...alone, rehearsal: remembered };

let folder: string;
const open: Trainer[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-rehearsal-'));
});
afterAll(async () => {
  await Promise.all(open.map((trainer) => trainer.close()));
  await rm(folder, { recursive: true });
});

async function trainer(name: string, perClass: number): Promise<Trainer> {
  const created = await createTrainer({
    checkpoints: join(folder, name),
    backend: 'wasm',
    ssre: smallConfig({ rehearsal: { ...rehearsal, perClass } }),
    dimension: DIMENSION,
  });
  open.push(created);
  return created;
}

/** Learns the first task and then this one: prototypes afterwards, and the epochs that were told. */
async function learned(of: Trainer, second: TrainingTask) {
  const epochs: string[] = [];
  await of.train(first, () => undefined);
  const model = await of.train(second, ({ epoch, epochs: all }) => epochs.push(`${epoch}/${all}`));
  const { learner, state } = await readCheckpoint(fileURLToPath(model.checkpoint), model.sha256);
  if (learner !== 'ssre') throw new TypeError('not of SSRE');
  return { epochs, prototypes: state.prototypes.map(({ mean }) => mean) };
}

describe('a trainer that rehearses', () => {
  it('says what a task should bring, and nothing where it is turned off', async () => {
    expect((await trainer('on', 7)).rehearsal).toMatchObject({ perClass: 7 });
    expect((await trainer('off', 0)).rehearsal).toBeUndefined();
  });

  it('hands the rehearsal to its process: epochs follow, and old prototypes are made anew', async () => {
    const rehearsed = await learned(await trainer('rehearsed', MANY), task);
    const without = await learned(await trainer('without', MANY), alone);
    expect(rehearsed.epochs.at(-1)).toBe('9/9');
    expect(without.epochs.at(-1)).toBe('6/6');
    expect(rehearsed.prototypes).toHaveLength(3);
    expect(rehearsed.prototypes[0]).not.toEqual(without.prototypes[0]);
  });
});
