import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { LetheError } from '../../../src/domain/errors.js';
import { persevere } from '../../../src/learning/persevere.js';
import type { Trainer } from '../../../src/model/trainer.js';
import { createTrainer } from '../../../src/model/training/trainer.js';
import { holdingOn } from '../../support/holdingOn.js';
import { config } from '../../unit/model/analytic/support.js';
import { clusters, DIMENSION, smallConfig } from '../../unit/model/ssre/support.js';
import { withItsProcess } from '../../unit/model/training/support.js';

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-persevere-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

function closedAtTheEnd(trainer: Trainer): Trainer {
  onTestFinished(() => trainer.close());
  return trainer;
}

it('a training that can write nothing is done once it can', async () => {
  const folder = join(await temporary(), 'checkpoints');
  const trainer = closedAtTheEnd(
    await createTrainer({
      checkpoints: folder,
      backend: 'cpu',
      analytic: config({ projection: 40 }),
      dimension: DIMENSION,
      threads: 1,
    }),
  );
  // As root can write to whatever there is: a file where the folder has to be.
  await writeFile(folder, '');
  const { waits, perseverance } = holdingOn();
  const mended = async (error: LetheError | null) => {
    perseverance.waits(error);
    if (waits.length === 4) await rm(folder);
  };
  const work = () => trainer.train(clusters([0, 1], 30), () => undefined);
  const model = await persevere(work, { ...perseverance, waits: (error) => void mended(error) });
  expect(model.classes).toEqual(['0', '1']);
  expect(waits.slice(0, 4)).toEqual(['disk-full', 'disk-full', 'disk-full', 'disk-full']);
  expect(waits.at(-1)).toBeNull();
});

it('a training whose process is killed more than twice is done', async () => {
  const checkpoints = await temporary();
  const schedule = { epochs: 60, batchSize: 16, learningRate: 1e-3, decayEvery: 40, weightDecay: 5e-4 };
  const ssre = smallConfig({ initial: schedule, incremental: schedule });
  const { waits, perseverance } = holdingOn();
  let tries = 0;
  const model = await persevere(async () => {
    const [trainer, child] = await withItsProcess(() =>
      createTrainer({ checkpoints, backend: 'wasm', ssre, dimension: DIMENSION }),
    );
    closedAtTheEnd(trainer);
    const kills = tries++ < 3;
    return await trainer.train(clusters([0, 1], 40), () => kills && process.kill(child, 'SIGKILL'));
  }, perseverance);
  expect(model.classes).toEqual(['0', '1']);
  expect(waits).toEqual([...Array.from({ length: 3 }, () => 'training-failed'), null]);
});
