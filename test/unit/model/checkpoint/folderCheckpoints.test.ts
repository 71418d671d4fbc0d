import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderCheckpoints } from '../../../../src/model/checkpoint/checkpointStore.js';
import { writeCheckpoint } from '../../../../src/model/checkpoint/writeCheckpoint.js';
import { checkpointStoreContract } from './checkpointStore.contract.js';
import { someCheckpoints } from './support.js';

checkpointStoreContract('a folder', folderCheckpoints);

const [checkpoint] = await someCheckpoints();

describe('checkpoints in a folder', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-folder-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('stay where they are when they are published where they were written', async () => {
    const stored = await writeCheckpoint(folder, checkpoint);
    const store = folderCheckpoints(folder);
    const uri = await store.publish(stored);
    expect(uri).toBe(pathToFileURL(stored.folder).href);
    expect(await store.fetch(uri, stored.sha256)).toBe(stored.folder);
    expect(await readdir(folder)).toEqual([stored.version]);
  });

  it('are listed without what else lies there', async () => {
    await mkdir(join(folder, '.writing-abc'));
    await mkdir(join(folder, '.progress'));
    expect(await folderCheckpoints(folder).list()).toEqual([]);
  });

  it('are all that can be removed', async () => {
    const stored = await writeCheckpoint(join(folder, 'elsewhere'), checkpoint);
    const store = folderCheckpoints(join(folder, 'here'));
    await expect(store.remove(pathToFileURL(stored.folder).href)).rejects.toMatchObject({
      code: 'config-invalid',
    });
    await expect(store.remove(pathToFileURL(folder).href)).rejects.toMatchObject({ code: 'config-invalid' });
    expect(await readdir(join(folder, 'elsewhere'))).toEqual([stored.version]);
  });
});
