import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RedisService } from '../../scripts/services/redis.js';
import { createRedisStore } from '../../src/adapters/redis/createRedisStore.js';
import { folderCheckpoints } from '../../src/model/checkpoint/checkpointStore.js';
import { copiesIn } from '../../src/model/checkpoint/copies.js';
import { writeCheckpoint } from '../../src/model/checkpoint/writeCheckpoint.js';
import { centroidTraining } from '../support/centroidTrainer.js';
import { around, learn, memoryLog, type Processing, startProcessing } from '../support/processing.js';
import { type Own, ownRedis } from '../support/services.js';
import { someCheckpoints } from '../unit/model/checkpoint/support.js';

const DIMENSION = 12;
const index = { algorithm: 'flat', m: 16, efConstruction: 200, efRuntime: 64, type: 'float32' } as const;
const [checkpoint] = await someCheckpoints();
const [known = ''] = checkpoint.state.classes;

let redis: Own<RedisService>;
let folder: string;
const running = new Map<string, { readonly processing: Processing; readonly close: () => Promise<void> }>();

beforeEach(async () => {
  redis = await ownRedis();
  folder = await mkdtemp(join(tmpdir(), 'lethe-erasure-'));
});
afterEach(async () => {
  for (const name of [...running.keys()]) await stopped(name);
  await redis.dispose();
  await rm(folder, { recursive: true });
});

async function stopped(name: string): Promise<void> {
  const worker = running.get(name);
  running.delete(name);
  await worker?.processing.stop();
  await worker?.close();
}

/** Files of Redis that hold the bytes of a vector of the class. */
async function holding(): Promise<string[]> {
  const { buffer } = around(0, 1);
  const found: string[] = [];
  for (const entry of await readdir(redis.folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isHolding = entry.isFile() && (await readFile(path)).includes(Buffer.from(buffer));
    if (isHolding) found.push(path);
  }
  return found;
}

it('an erasure is completed, by the next learner, when the files are written and the one that stood by has looked', async () => {
  const log = memoryLog();
  const training = centroidTraining(DIMENSION);
  const start = async (name: string): Promise<Processing> => {
    const store = await createRedisStore({ url: redis.url, model: 'main', dimension: DIMENSION, index });
    const volume = join(folder, name);
    const checkpoints = folderCheckpoints(volume);
    const copies = await copiesIn(volume);
    const processing = startProcessing({ log, training, store, checkpoints, copies, role: 'learn' });
    running.set(name, { processing, close: () => store.close() });
    return processing;
  };
  const first = await start('first');
  await learn(first, 't1', { [known]: 0, dog: 4 });
  await start('standby');
  const { version: copy } = await writeCheckpoint(join(folder, 'standby'), checkpoint);
  const holders = async () => (await first.store.holders.list()).map((each) => each.folder);
  await expect.poll(holders).toContain(join(folder, 'standby'));
  await stopped('standby');

  // Redis can't put its new file there.
  const files = join(redis.folder, 'data', 'appendonlydir');
  await rename(files, `${files}.away`);
  await writeFile(files, '');
  await first.command({ id: 'e1', kind: 'erase', classes: [known], now: true });
  const erased = await first.event('erased');
  const standing = (places: typeof erased.places) =>
    places.map(({ kind, state }) => `${kind} ${state}`).filter((text) => !text.startsWith('topic'));
  expect(erased.databaseFiles).toBe('failed');
  expect(standing(erased.places)).toEqual(
    expect.arrayContaining(['database done', 'checkpoints done', 'files failed', 'worker waiting']),
  );
  expect(await holding()).not.toEqual([]);
  await expect.poll(() => first.store.registry.snapshot().classes.get(known)).not.toHaveProperty('erasing');
  await stopped('first');

  await rm(files);
  await rename(`${files}.away`, files);
  const next = await start('next');
  await expect
    .poll(async () => (await next.store.registry.refresh()).classes.get(known)?.erasure?.files, {
      timeout: 60_000,
    })
    .toBe('done');
  expect(await holding()).toEqual([]);
  expect(next.events().map(({ kind }) => kind)).not.toContain('erasure-completed');
  expect(await readdir(join(folder, 'standby'))).toContain(copy);

  await start('standby');
  const completed = await next.event('erasure-completed');
  expect(new Set(standing(completed.places))).toEqual(
    new Set(['database done', 'checkpoints done', 'files done', 'worker done']),
  );
  expect(completed.places.filter(({ kind }) => kind === 'worker')).toHaveLength(3);
  expect(await readdir(join(folder, 'standby'))).not.toContain(copy);
});
