import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Checkpoint, StoredCheckpoint } from '../../../../src/model/checkpoint/checkpoint.js';
import type { CheckpointStore } from '../../../../src/model/checkpoint/checkpointStore.js';
import { readCheckpoint } from '../../../../src/model/checkpoint/readCheckpoint.js';
import { writeCheckpoint } from '../../../../src/model/checkpoint/writeCheckpoint.js';
import { someCheckpoints } from './support.js';

/**
 * What every checkpoint store does.
 * @param create an empty store, which may use the folder
 */
export function checkpointStoreContract(
  name: string,
  create: (folder: string) => CheckpointStore | Promise<CheckpointStore>,
): void {
  describe(`${name}, as every checkpoint store`, () => {
    let checkpoints: [Checkpoint, Checkpoint];
    let folder = '';
    let store: CheckpointStore;
    let first: StoredCheckpoint;
    let second: StoredCheckpoint;
    beforeAll(async () => {
      checkpoints = await someCheckpoints();
    });
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lethe-store-'));
      store = await create(join(folder, 'store'));
      first = await writeCheckpoint(join(folder, 'local'), checkpoints[0]);
      second = await writeCheckpoint(join(folder, 'local'), checkpoints[1]);
    });
    afterEach(() => rm(folder, { recursive: true }));

    it('gives what was published, though the local one is gone', async () => {
      const uri = await store.publish(first);
      await rm(join(folder, 'local'), { recursive: true });
      const fetched = await store.fetch(uri, first.sha256);
      expect(await readCheckpoint(fetched, first.sha256)).toEqual(checkpoints[0]);
    });

    it('lists what was published, oldest first, each once', async () => {
      expect(await store.list()).toEqual([]);
      const later = await store.publish(second);
      const earlier = await store.publish(first);
      expect(await store.publish(first)).toBe(earlier);
      expect(await store.list()).toEqual([earlier, later]);
    });

    it('removes one, again and again, and leaves the others', async () => {
      const [gone, stays] = [await store.publish(first), await store.publish(second)];
      await store.remove(gone);
      await store.remove(gone);
      expect(await store.list()).toEqual([stays]);
      await expect(store.fetch(gone, first.sha256)).rejects.toMatchObject({ code: 'checkpoint-corrupt' });
      await store.fetch(stays, second.sha256);
    });

    it('takes one back that was removed', async () => {
      const uri = await store.publish(first);
      await store.remove(uri);
      expect(await store.publish(first)).toBe(uri);
      expect(await readCheckpoint(await store.fetch(uri, first.sha256))).toEqual(checkpoints[0]);
    });

    it('gives the same folder to many at a time', async () => {
      const uri = await store.publish(first);
      for (let round = 0; round < 5; round++) {
        const folders = await Promise.all(Array.from({ length: 16 }, () => store.fetch(uri, first.sha256)));
        expect(new Set(folders).size).toBe(1);
      }
    });

    it('removes those that know a class, and no others', async () => {
      const uris = [await store.publish(first), await store.publish(second)];
      const onlyLater = checkpoints[1].state.classes.filter(
        (name) => !checkpoints[0].state.classes.includes(name),
      );
      expect(onlyLater).not.toEqual([]);
      expect(await store.removeOf(['no such class'])).toBe(0);
      expect(await store.removeOf(onlyLater, second.version)).toBe(0);
      expect(await store.removeOf(onlyLater)).toBe(1);
      expect(await store.list()).toEqual([uris[0]]);
    });

    it('removes all but the newest, and the one that answers', async () => {
      const uris = [await store.publish(first), await store.publish(second)];
      expect(await store.removeOld(2, second.version)).toBe(0);
      expect(await store.removeOld(1, first.version)).toBe(0);
      expect(await store.removeOld(1, second.version)).toBe(1);
      expect(await store.list()).toEqual([uris[1]]);
    });

    it('tells which of them know a class', async () => {
      await store.publish(first);
      await store.publish(second);
      const [of] = checkpoints.map(({ state }) => state.classes);
      const later = checkpoints[1].state.classes.find((name) => !of?.includes(name)) ?? '';
      expect(await store.knowing([later])).toEqual({ kept: 2, knowing: [second.version] });
      expect(await store.knowing(['no such class'])).toEqual({ kept: 2, knowing: [] });
      await store.removeOf([later]);
      expect(await store.knowing([later])).toEqual({ kept: 1, knowing: [] });
    });

    it('publishes none that is damaged', async () => {
      const path = join(first.folder, 'weights.bin');
      const bytes = await readFile(path);
      await writeFile(path, bytes.fill(7, 0, 4));
      await expect(store.publish(first)).rejects.toMatchObject({ code: 'checkpoint-corrupt' });
      expect(await store.list()).toEqual([]);
    });

    it('refuses one with another hash than the expected', async () => {
      const uri = await store.publish(first);
      await expect(store.fetch(uri, second.sha256)).rejects.toMatchObject({
        code: 'checkpoint-corrupt',
        field: 'manifest.json',
        remedy: expect.stringMatching(/./),
      });
      await store.fetch(uri, first.sha256);
    });

    it('refuses URIs of other stores', async () => {
      for (const uri of ['other:v0001-00000000', '../../etc', '']) {
        await expect(store.fetch(uri, first.sha256)).rejects.toMatchObject({ code: 'config-invalid' });
        await expect(store.remove(uri)).rejects.toMatchObject({ code: 'config-invalid' });
      }
    });
  });
}
