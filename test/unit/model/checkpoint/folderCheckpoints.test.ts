import { cp, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderCheckpoints } from '../../../../src/model/checkpoint/checkpointStore.js';
import { WEIGHTS_FILE } from '../../../../src/model/checkpoint/manifest.js';
import { writeCheckpoint } from '../../../../src/model/checkpoint/writeCheckpoint.js';
import { progressFile } from '../../../../src/model/training/progressFile.js';
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

  it('are removed with what trainings saved, also while another training saves', async () => {
    const store = folderCheckpoints(folder);
    const file = progressFile(folder, 'another');
    const moments = { first: [], second: [], steps: 1 };
    let over = false;
    const saving = (async () => {
      // A save whose folder went away meanwhile fails; the trainer tries again at its next epoch.
      while (!over) await file.save({ epoch: 1, parameters: [], moments }).catch(() => undefined);
    })();
    for (let time = 0; time < 200; time++) await store.removeOf(['cat']);
    over = true;
    await saving;
    await store.removeOf(['cat']);
    expect(await readdir(folder)).toEqual([]);
  });

  it('are removed with what a process left that was killed in the midst of removing or writing', async () => {
    const { folder: written } = await writeCheckpoint(join(folder, 'elsewhere'), checkpoint);
    const place = join(folder, 'here');
    await cp(written, join(place, '.removing-abc', 'v1'), { recursive: true });
    await cp(written, join(place, '.writing-knows'), { recursive: true });
    await mkdir(join(place, '.writing-early'));
    await writeFile(join(place, '.writing-early', WEIGHTS_FILE), 'numbers');
    await utimes(join(place, '.writing-early'), 0, 0);
    await mkdir(join(place, '.writing-now'));
    const [known = ''] = checkpoint.state.classes;
    const store = folderCheckpoints(place);

    await store.removeOf(['no class of it']);
    expect((await readdir(place)).sort()).toEqual(['.writing-knows', '.writing-now']);
    await store.removeOf([known]);
    expect(await readdir(place)).toEqual(['.writing-now']);
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
