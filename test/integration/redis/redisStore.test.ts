import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createRedisStore } from '../../../src/adapters/redis/createRedisStore.js';
import type { RedisStoreOptions } from '../../../src/adapters/redis/options.js';
import type { VectorRecord } from '../../../src/adapters/vectorDatabase.js';
import { dot, normalised } from '../../../src/domain/vector.js';
import { describeKnowledgeStore } from '../../support/contracts/knowledgeStore.contract.js';
import { redisRules } from '../../support/redisUsers.js';
import { ownRedis } from '../../support/services.js';

const index = { algorithm: 'flat', m: 16, efConstruction: 200, efRuntime: 64, type: 'float32' } as const;

let redis: Awaited<ReturnType<typeof ownRedis>>;
beforeAll(async () => {
  redis = await ownRedis({ tls: true });
});
afterAll(() => redis.dispose());

function open(options: Partial<RedisStoreOptions>): Promise<KnowledgeStore> {
  return createRedisStore({ url: redis.url, model: `test-${randomUUID()}`, dimension: 4, index, ...options });
}

function administrator() {
  return createClient({ url: redis.url });
}

/** Runs commands as the administrator of the Redis of these tests. */
async function asAdmin<T>(work: (admin: ReturnType<typeof administrator>) => Promise<T>): Promise<T> {
  const admin = administrator();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

for (const algorithm of ['flat', 'hnsw'] as const) {
  const models = new WeakMap<KnowledgeStore, string>();
  const create = async (dimension: number, model = `contract-${randomUUID()}`): Promise<KnowledgeStore> => {
    const store = await open({ model, dimension, index: { ...index, algorithm } });
    models.set(store, model);
    return store;
  };
  describeKnowledgeStore(`in Redis, ${algorithm}`, {
    create: (dimension) => create(dimension),
    another: (store) => create(store.vectors.dimension, models.get(store)),
    propertyRuns: 10,
  });
}

describe.each(['flat', 'hnsw'] as const)('a search in Redis among most of the vectors, %s', (algorithm) => {
  it('finds the nearest of that database, and none of the other, which came first', async () => {
    const store = await open({ dimension: 64, index: { ...index, algorithm } });
    const records = Array.from({ length: 200 }, (_, n) => wave(n));
    await store.vectors.upsert('mu', records.slice(0, 20));
    await store.vectors.upsert('cil', records.slice(20));
    // How large the databases are, and hence how to search, is known after the first search.
    await store.vectors.knn(wave(0).vector, { k: 1, database: 'cil' });
    for (const { vector } of records) {
      const [found = []] = await store.vectors.knn(vector, { k: 10, database: 'cil' });
      const similarities = records.slice(20).map((record) => dot(vector, record.vector));
      const nearest = similarities.sort((a, b) => b - a).slice(0, 10);
      expect(found.map(({ id }) => id)).not.toContain(records[0]?.id);
      found.forEach(({ similarity }, rank) => {
        expect(similarity).toBeCloseTo(nearest[rank] ?? Number.NaN, 4);
      });
      expect(found).toHaveLength(10);
    }
    await store.close();
  });
});

describe('vectors in Redis as float16', () => {
  it('are close to what was stored, and found', async () => {
    const store = await open({ dimension: 64, index: { ...index, type: 'float16' } });
    const records = Array.from({ length: 50 }, (_, n) => wave(n));
    await store.vectors.upsert('cil', records);
    for (const { id, vector } of records) {
      const [[nearest] = []] = await store.vectors.knn(vector, { k: 1, database: 'cil' });
      expect(nearest?.id).toBe(id);
      expect(nearest?.similarity).toBeCloseTo(1, 3);
      const [stored] = await store.vectors.get([id]);
      stored?.vector.forEach((component, at) => {
        expect(component).toBeCloseTo(vector[at] ?? Number.NaN, 3);
      });
    }
    await store.close();
  });
});

describe('a move of 5,000 vectors in Redis', () => {
  it('is one script that writes no vector', async () => {
    const store = await open({ dimension: 64 });
    const records = Array.from({ length: 5000 }, (_, n) => wave(n));
    await store.vectors.upsert('cil', records);
    const { moved, calls } = await asAdmin(async (admin) => {
      await admin.sendCommand(['CONFIG', 'RESETSTAT']);
      const moved = await store.vectors.move(['wave'], 'cil', 'mu');
      const statistics = await admin.info('commandstats');
      const calls = Object.fromEntries(
        [...statistics.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, name, count]) => [
          name,
          Number(count),
        ]),
      );
      return { moved, calls };
    });
    expect(moved).toEqual(new Map([['wave', 5000]]));
    expect(calls.evalsha).toBe(1);
    expect(calls.hset).toBe(1);
    expect(await store.vectors.count({ database: 'mu' })).toBe(5000);
    expect((await store.vectors.knn(wave(7).vector, { k: 3, database: 'cil' }))[0]).toEqual([]);
    await store.close();
  });
});

describe('entities in Redis', () => {
  it('are found by a search of their index', async () => {
    const model = `test-${randomUUID()}`;
    const store = await open({ model });
    const record = { name: 'cat', state: 'learned', task: 't1', count: 7, centroid: null } as const;
    await store.registry.update(() => ({ put: [record, { ...record, name: 'dog', state: 'unlearned' }] }));
    const found = await asAdmin((admin) =>
      admin.ft.search(`lethe:{${model}}:class:index`, '@state:{learned} @count:[5 9]'),
    );
    expect(found.documents.map(({ value }) => value.name)).toEqual(['cat']);
    await store.close();
  });
});

describe('the start of the store in Redis', () => {
  it('refuses an index of another dimension, type or algorithm', async () => {
    const model = `test-${randomUUID()}`;
    await (await open({ model })).close();
    const refused = { code: 'config-invalid', remedy: expect.stringContaining('model.name') };
    await expect(open({ model, dimension: 5 })).rejects.toMatchObject({ ...refused, field: 'embedder' });
    const field = 'stores.redis.index';
    await expect(open({ model, index: { ...index, algorithm: 'hnsw' } })).rejects.toMatchObject({
      ...refused,
      field,
    });
    await expect(open({ model, index: { ...index, type: 'float16' } })).rejects.toMatchObject({
      ...refused,
      field,
    });
    await (await open({ model })).close();
  });

  it('refuses a wrong password at once', async () => {
    const field = 'stores.redis.password';
    await expect(open({ username: 'nobody', password: 'secret' })).rejects.toMatchObject({
      code: 'config-invalid',
      field,
    });
  });

  it('says where no Redis is, without the password', async () => {
    const wrong = open({ url: 'redis://user:secret@127.0.0.1:1', startTimeoutMs: 300 });
    await expect(wrong).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'stores.redis.url',
      value: 'redis://user@127.0.0.1:1',
    });
  });

  it('needs the rights of config/security/redis-users.acl and no others', async () => {
    const model = `test-${randomUUID()}`;
    const warnings: string[] = [];
    await asAdmin((admin) => admin.aclSetUser('least', redisRules('lethe-learner', model, 'secret')));
    const store = await open({
      model,
      username: 'least',
      password: 'secret',
      warn: (text) => warnings.push(text),
    });
    await store.vectors.upsert('cil', [wave(1, 4), wave(2, 4)]);
    const command = { id: 'c', position: 'p', details: null };
    const put = [{ name: 'wave', state: 'learned', task: 't', count: 2, centroid: null }] as const;
    await store.registry.update(() => ({ put, putTasks: [], command }));
    await store.registry.update(() => ({ drop: ['wave'], dropTasks: ['t'] }));
    await store.registry.noteRefused('t', [{ id: 'x', position: 'samples/0/1' }]);
    expect(await store.registry.refusedOf('t')).toEqual({ named: 1, nameless: 0 });
    await store.migrate(() => ({ from: 'cil', to: 'mu', classes: put, command: { ...command, id: 'd' } }));
    expect(await store.registry.receipt('d')).toMatchObject({ moved: new Map([['wave', 2]]) });
    expect(await store.vectors.knn(wave(1, 4).vector, { k: 5, database: 'mu' })).toHaveLength(1);
    for await (const batch of store.vectors.scan({})) expect(batch).toHaveLength(2);
    expect(await store.vectors.delete({})).toBe(2);
    const holder = {
      id: 'h',
      worker: 'w',
      folder: '/data',
      seenAt: 'now',
      confirmed: 0,
      lookedAt: null,
      holds: [],
    };
    await store.holders.note(holder);
    await store.registry.update(() => ({ holdersGone: [{ id: 'h', seenAt: 'now' }] }));
    await asAdmin((admin) => admin.aclSetUser('answering', redisRules('lethe-infer', model, 'secret')));
    const answering = await open({ model, username: 'answering', password: 'secret' });
    expect(await answering.holders.list()).toEqual([{ ...holder, gone: true }]);
    await answering.holders.note({ ...holder, seenAt: 'later' });
    expect(await store.holders.list()).toEqual([{ ...holder, seenAt: 'later', gone: false }]);
    await answering.holders.drop('h');
    expect(await store.holders.list()).toEqual([]);
    await answering.close();
    expect(warnings).toEqual([expect.stringContaining('no permission to read the configuration')]);
    await store.close();
    await expect(
      open({ username: 'least', password: 'secret', model: `${model}-other` }),
    ).rejects.toMatchObject({ field: 'stores.redis.password' });
  });

  it('speaks TLS', async () => {
    const { url = '', ca = '' } = redis.tls ?? {};
    for (const each of [url, url.replace('rediss:', 'redis:')]) {
      const store = await open({ url: each, tls: { ca } });
      expect(await store.vectors.count()).toBe(0);
      await store.close();
    }
  });

  it('warns where Redis keeps nothing on disk', async () => {
    const warnings: string[] = [];
    const warn = (text: string): number => warnings.push(text);
    await (await open({ warn })).close();
    expect(warnings).toEqual([]);
    await asAdmin((admin) => admin.configSet('appendonly', 'no'));
    await (await open({ warn })).close();
    await asAdmin((admin) => admin.configSet('appendonly', 'yes'));
    expect(warnings).toEqual([expect.stringContaining('keeps nothing on disk')]);
  });
});

/** Vectors that are told apart easily. */
function wave(n: number, dimension = 64): VectorRecord {
  const vector = normalised(
    Float32Array.from({ length: dimension }, (_, at) => Math.sin(n * (at + 1) * 0.37) + 0.01),
  );
  return { id: `wave-${n}`, className: 'wave', task: 't', vector };
}
