import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from 'redis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RedisService } from '../../../scripts/services/redis.js';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createRedisStore } from '../../../src/adapters/redis/createRedisStore.js';
import { type Own, ownRedis } from '../../support/services.js';

const index = { algorithm: 'flat', m: 16, efConstruction: 200, efRuntime: 64, type: 'float32' } as const;
const SECRET = Float32Array.of(0.123456, 0.7654321, 0.5, 0.25);

let redis: Own<RedisService>;
let store: KnowledgeStore;
beforeEach(async () => {
  redis = await ownRedis();
  store = await createRedisStore({ url: redis.url, model: 'main', dimension: 4, index });
  const vector = { id: 'v', className: 'cat', task: 't', vector: SECRET };
  await store.vectors.upsert('cil', [vector, { ...vector, id: 'w', className: 'dog' }]);
});
afterEach(async () => {
  await store.close();
  await redis.dispose();
});

const data = (): string => join(redis.folder, 'data');
/** Files of Redis that hold the vector's bytes. */
async function holding(): Promise<string[]> {
  const names = await readdir(data(), { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const found = await Promise.all(files.map(async (file) => (await readFile(file)).includes(bytes)));
  return files.filter((_, at) => found[at]);
}
const bytes = Buffer.from(SECRET.buffer);

it.each([
  { appendonly: 'yes', save: '3600 1' },
  // Somebody asked for the snapshot, or a replica did.
  { appendonly: 'yes', save: '' },
  { appendonly: 'no', save: '3600 1' },
])('writes its files anew, and has done so when it says so: %j', async ({ appendonly, save }) => {
  const admin = await createClient({ url: redis.url }).connect();
  await admin.configSet({ appendonly, save });
  await admin.sendCommand(['SAVE']);
  await admin.close();
  expect(await holding()).not.toEqual([]);
  await store.vectors.delete({ classes: ['cat', 'dog'] });
  // Others may have it written at any time.
  const [one, two] = await Promise.all([store.rewriteFiles(), store.rewriteFiles()]);
  expect([one, two]).toEqual(['done', 'done']);
  const left = await holding();
  // An append-only file that was switched off is used no more, and not written anew.
  expect(left.filter((file) => appendonly === 'yes' || !file.endsWith('.aof'))).toEqual([]);
});

it('waits for a snapshot that is scheduled behind another rewriting', async () => {
  const admin = await createClient({ url: redis.url }).connect();
  await admin.configSet({ appendonly: 'yes', save: '3600 1' });
  await admin.sendCommand(['SAVE']);
  await store.vectors.delete({ classes: ['cat', 'dog'] });
  // Each key takes a tenth of a second, so that the second one rewrites when the first one is done with that.
  await admin.configSet('rdb-key-save-delay', '100000');
  const snapshotsThen = async (rewriting: Promise<unknown>): Promise<string[]> => {
    expect(await rewriting).toBe('done');
    return (await holding()).filter((file) => file.endsWith('.rdb') && !file.includes('appendonly'));
  };
  expect(await Promise.all([1, 2].map(() => snapshotsThen(store.rewriteFiles())))).toEqual([[], []]);
  await admin.close();
});

it('says so where it can not', async () => {
  await rm(data(), { recursive: true });
  expect(await store.rewriteFiles()).toBe('failed');
});
