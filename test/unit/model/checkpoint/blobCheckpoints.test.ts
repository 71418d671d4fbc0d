import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BlobStore, blobCheckpoints } from '../../../../src/model/checkpoint/blobCheckpoints.js';
import type { StoredCheckpoint } from '../../../../src/model/checkpoint/checkpoint.js';
import { readCheckpoint } from '../../../../src/model/checkpoint/readCheckpoint.js';
import { writeCheckpoint } from '../../../../src/model/checkpoint/writeCheckpoint.js';
import { checkpointStoreContract } from './checkpointStore.contract.js';
import { someCheckpoints } from './support.js';

function blobsIn(map: Map<string, Uint8Array>): BlobStore {
  return {
    get: async (key) => map.get(key) ?? null,
    put: async (key, bytes) => void map.set(key, Uint8Array.from(bytes)),
    delete: async (keys) => {
      for (const key of keys) map.delete(key);
    },
    keys: async (prefix) => [...map.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/** The same, but its connection breaks when it comes to the key; what was asked for before it is done. */
function breakingAt(blobs: BlobStore, ending: string): BlobStore {
  const checked = async (key: string): Promise<void> => {
    if (key.endsWith(ending)) throw new Error('the connection broke');
  };
  return {
    ...blobs,
    get: (key) => checked(key).then(() => blobs.get(key)),
    put: (key, bytes) => checked(key).then(() => blobs.put(key, bytes)),
    delete: async (keys) => {
      for (const key of keys) await checked(key).then(() => blobs.delete([key]));
    },
  };
}

checkpointStoreContract('a store of bytes', (cache) =>
  blobCheckpoints(blobsIn(new Map()), { cache, scheme: 'mem' }),
);

const [checkpoint] = await someCheckpoints();

describe('checkpoints in a store of bytes', () => {
  let folder = '';
  let cache = '';
  let map: Map<string, Uint8Array>;
  let stored: StoredCheckpoint;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-blobs-'));
    cache = join(folder, 'cache');
    map = new Map();
    stored = await writeCheckpoint(join(folder, 'local'), checkpoint);
  });
  afterEach(() => rm(folder, { recursive: true }));
  const over = (blobs: BlobStore): ReturnType<typeof blobCheckpoints> =>
    blobCheckpoints(blobs, { cache, scheme: 'mem' });

  it('are two blobs each, the manifest last, and a short URI', async () => {
    expect(await over(blobsIn(map)).publish(stored)).toBe(`mem:${stored.version}`);
    expect([...map.keys()]).toEqual([`${stored.version}/weights.bin`, `${stored.version}/manifest.json`]);
  });

  it('are not seen when publishing breaks off, and are whole when it is done again', async () => {
    const blobs = blobsIn(map);
    for (const file of ['weights.bin', 'manifest.json']) {
      await expect(over(breakingAt(blobs, file)).publish(stored)).rejects.toThrow('broke');
      expect(await over(blobs).list()).toEqual([]);
      await expect(over(blobs).fetch(`mem:${stored.version}`, stored.sha256)).rejects.toMatchObject({
        code: 'checkpoint-corrupt',
        field: 'manifest.json',
      });
    }
    const uri = await over(blobs).publish(stored);
    expect(await readCheckpoint(await over(blobs).fetch(uri, stored.sha256))).toEqual(checkpoint);
  });

  it('are not seen any more when removing breaks off', async () => {
    const blobs = blobsIn(map);
    const uri = await over(blobs).publish(stored);
    await expect(over(breakingAt(blobs, 'weights.bin')).remove(uri)).rejects.toThrow('broke');
    expect(await over(blobs).list()).toEqual([]);
    // The weights are still there; nobody would ever look for them.
    expect(map.size).toBe(1);
    expect(await over(blobs).removeTorn()).toBe(1);
    expect(map.size).toBe(0);
    await over(blobs).publish(stored);
    expect(await over(blobs).removeTorn()).toBe(0);
    expect(map.size).toBe(2);
  });

  it('leave nothing behind when fetching breaks off', async () => {
    const blobs = blobsIn(map);
    const uri = await over(blobs).publish(stored);
    for (const file of ['weights.bin', 'manifest.json']) {
      await expect(over(breakingAt(blobs, file)).fetch(uri, stored.sha256)).rejects.toThrow('broke');
      expect(await readdir(cache).catch(() => [])).toEqual([]);
    }
  });

  it.each(['weights.bin', 'manifest.json'])('are refused by the name of the file: %s', async (file) => {
    const store = over(blobsIn(map));
    const uri = await store.publish(stored);
    const key = `${stored.version}/${file}`;
    const damaged = Uint8Array.from(map.get(key) ?? []);
    damaged[100] = (damaged[100] ?? 0) ^ 1;
    map.set(key, damaged);
    const refusal = { code: 'checkpoint-corrupt', field: file, remedy: expect.stringMatching(/./) };
    await expect(store.fetch(uri, stored.sha256)).rejects.toMatchObject(refusal);
    map.delete(key);
    await expect(store.fetch(uri, stored.sha256)).rejects.toMatchObject({ ...refusal, value: key });
    expect(await readdir(cache)).toEqual([]);
  });

  it('are downloaded once, and again where the cached one was damaged', async () => {
    const store = over(blobsIn(map));
    const uri = await store.publish(stored);
    const cached = await store.fetch(uri, stored.sha256);
    const blobs = new Map(map);
    map.clear();
    expect(await store.fetch(uri, stored.sha256)).toBe(cached);
    await rm(join(cached, 'weights.bin'));
    for (const [key, bytes] of blobs) map.set(key, bytes);
    expect(await readCheckpoint(await store.fetch(uri, stored.sha256))).toEqual(checkpoint);
    expect(await readdir(cache)).toEqual([stored.version]);
  });

  it('are listed by their number of tasks, without what else lies there', async () => {
    for (const key of [
      'v10000-00000000/manifest.json',
      'v0002-00000000/manifest.json',
      'v0003-00000000/weights.bin',
      'v0004-00000000/more/manifest.json',
      'videos/manifest.json',
    ]) {
      map.set(key, new Uint8Array(0));
    }
    expect(await over(blobsIn(map)).list()).toEqual(['mem:v0002-00000000', 'mem:v10000-00000000']);
  });
});
