import { randomUUID } from 'node:crypto';
import { createClient, type RedisClientType } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RedisService } from '../../../scripts/services/redis.js';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createRedisStore } from '../../../src/adapters/redis/createRedisStore.js';
import { Keys } from '../../../src/adapters/redis/keys.js';
import type { RedisNeed } from '../../../src/adapters/redis/options.js';
import { type Own, ownRedis } from '../../support/services.js';

const index = { algorithm: 'flat', m: 16, efConstruction: 200, efRuntime: 64, type: 'float32' } as const;
const DIMENSION = 16;
const MANY = 3000;
const asked = Float32Array.from({ length: DIMENSION }, (_, at) => Math.sin(at + 1));

let redis: Own<RedisService>;
let admin: RedisClientType;
let model: string;
const stores: KnowledgeStore[] = [];

beforeAll(async () => {
  redis = await ownRedis();
  admin = createClient({ url: redis.url });
  await admin.connect();
});
afterAll(async () => {
  admin.destroy();
  await redis.dispose();
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await admin.flushDb();
});

async function opened(named = `index-${randomUUID()}`) {
  model = named;
  const waits = new Map<RedisNeed, string>();
  const told: string[] = [];
  const onWaiting = (need: RedisNeed, why: string | null): void => {
    told.push(`${need}: ${why}`);
    if (why === null) waits.delete(need);
    else waits.set(need, why);
  };
  const store = await createRedisStore({ url: redis.url, model, dimension: DIMENSION, index, onWaiting });
  stores.push(store);
  return { store, waits, told };
}

async function filled() {
  const all = await opened();
  const records = Array.from({ length: MANY }, (_, n) => ({
    id: `v-${n}`,
    className: 'many',
    task: 't',
    vector: Float32Array.from({ length: DIMENSION }, (_, at) => Math.sin(n * (at + 1) + 1)),
  }));
  await all.store.vectors.upsert('cil', records);
  const nearest = await all.store.vectors.knn(asked, { k: 20, database: 'cil' });
  return { ...all, nearest, search: () => all.store.vectors.knn(asked, { k: 20, database: 'cil' }) };
}

const indexName = (): string => new Keys(model).vectorIndex;

async function flushAnother(): Promise<void> {
  const other = createClient({ url: redis.url, database: 1 });
  await other.connect();
  await other.flushDb();
  await other.close();
}

async function made(dimension: number, ...rest: string[]): Promise<void> {
  const { vectors } = new Keys(model);
  const vector = ['vector', 'VECTOR', 'FLAT', '6', 'TYPE', 'FLOAT32', 'DIM', String(dimension)];
  const words = ['ON', 'HASH', 'PREFIX', '1', vectors, ...rest, 'SCHEMA', ...vector];
  await admin.sendCommand([
    'FT.CREATE',
    indexName(),
    ...words,
    'DISTANCE_METRIC',
    'COSINE',
    'segment',
    'TAG',
  ]);
}

describe('the index of the vectors, which vanishes under a running worker', () => {
  it.each([
    ['with another database of the same Redis', flushAnother],
    ['dropped by hand', async () => void (await admin.ft.dropIndex(indexName()))],
    [
      'dropped by hand and made again at once, by hand, so that it is half there',
      async () => {
        await admin.ft.dropIndex(indexName());
        await made(DIMENSION);
      },
    ],
  ])('is made again, and each search finds all of it: %s', async (_, vanish) => {
    const { search, nearest, waits, told } = await filled();
    for (let n = 0; n < 5; n++) {
      const before = Array.from({ length: 10 }, search);
      await vanish();
      const after = Array.from({ length: 10 }, search);
      for (const found of await Promise.all([...before, ...after])) expect(found).toEqual(nearest);
    }
    expect(told.filter((each) => each === 'index: null').length).toBeGreaterThan(0);
    expect(waits).toEqual(new Map());
  });

  it('is searched by several workers, none of which finds a part of it', async () => {
    const { search, nearest } = await filled();
    const second = await opened(model);
    const others = (): Promise<unknown> => second.store.vectors.knn(asked, { k: 20, database: 'cil' });
    for (let n = 0; n < 5; n++) {
      await admin.ft.dropIndex(indexName());
      const found = await Promise.all(Array.from({ length: 30 }, (_, at) => (at % 2 ? search() : others())));
      for (const each of found) expect(each).toEqual(nearest);
    }
  });

  it.each([
    ['of another dimension', () => made(DIMENSION + 1), 'components'],
    ['that skipped what was there', () => made(DIMENSION, 'SKIPINITIALSCAN'), `0 of ${MANY} vectors`],
    ['of some of the vectors', () => made(DIMENSION, 'FILTER', '@class=="x"'), 'another schema'],
  ])('and was made by somebody else, %s: nobody is answered, with the reason', async (_, make, why) => {
    const { search, nearest, waits } = await filled();
    await admin.ft.dropIndex(indexName());
    await make();
    let found: unknown;
    const searching = search().then((each) => {
      found = each;
    });
    await expect.poll(() => waits.get('index')).toContain(why);
    expect(found).toBeUndefined();
    await admin.ft.dropIndex(indexName());
    await searching;
    expect(found).toEqual(nearest);
    await expect.poll(() => waits.size).toBe(0);
  });

  it('lets vectors be moved and deleted meanwhile', async () => {
    const { store } = await filled();
    await admin.ft.dropIndex(indexName());
    await made(DIMENSION + 1);
    expect(await store.vectors.move(['many'], 'cil', 'mu')).toEqual(new Map([['many', MANY]]));
    expect(await store.vectors.delete({ classes: ['many'] })).toBe(MANY);
  });

  it('is waited for where a vector in it is broken, until that is mended', async () => {
    const { search, waits, store } = await filled();
    const key = new Keys(model).vector('v-7');
    const [good] = await store.vectors.get(['v-7']);
    await admin.hSet(key, 'vector', 'abc');
    const reading = store.vectors.get(['v-7']);
    await expect.poll(() => waits.get('data')).toContain(key);
    await expect.poll(() => waits.get('index')).toContain(key);
    const searching = search();
    await admin.hSet(key, 'vector', Buffer.from(good?.vector.buffer ?? new ArrayBuffer(0)));
    expect((await reading)[0]?.vector).toEqual(good?.vector);
    expect(await searching).toHaveLength(1);
  });

  it('of the entities is made again, too', async () => {
    const { store } = await filled();
    const name = `lethe:{${model}}:class:index`;
    await admin.ft.dropIndex(name);
    await admin.ft.dropIndex(indexName());
    await store.vectors.knn(asked, { k: 1, database: 'cil' });
    await expect.poll(() => admin.ft.info(name).catch(() => null)).not.toBeNull();
  });
});
