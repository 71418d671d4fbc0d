import { type AddressInfo, connect, createServer } from 'node:net';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RedisService } from '../../../scripts/services/redis.js';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createRedisStore } from '../../../src/adapters/redis/createRedisStore.js';
import { type Own, ownRedis } from '../../support/services.js';

const index = { algorithm: 'flat', m: 16, efConstruction: 200, efRuntime: 64, type: 'float32' } as const;
const fixed = { model: 'idle', dimension: 4, index };
const cat = { name: 'cat', state: 'learned', task: 't', count: 0, centroid: null } as const;

const OUTAGES = 3;
const CHANGES = 10;

describe('an outage of Redis', () => {
  let redis: Own<RedisService>;
  beforeAll(async () => {
    redis = await ownRedis();
  });
  afterAll(() => redis.dispose());

  it('loses nothing, does nothing twice, and operations under way finish', async () => {
    const seen: boolean[] = [];
    const onConnection = (connected: boolean): number => seen.push(connected);
    const store = await createRedisStore({ ...fixed, url: redis.url, model: 'outage', onConnection });
    let isOver = false;
    const whileItLasts = async (work: (n: number) => Promise<unknown>): Promise<number> => {
      let n = 0;
      while (!isOver) await work(n++);
      return n;
    };
    await writesSurviveAKill(redis);
    const working = Promise.all([
      whileItLasts((n) => store.vectors.upsert('cil', [vectorOf(n)])),
      whileItLasts(() =>
        store.registry.update(({ classes }) => ({ put: [counted(classes.get('cat')?.count)] })),
      ),
      whileItLasts((n) => migrateBackAndForth(store, n)),
      whileItLasts(() => store.vectors.knn(Float32Array.of(1, 0, 0, 0), { k: 5, database: 'cil' })),
    ]);
    const change = (): Promise<unknown> =>
      store.registry.update(({ classes }) => ({ put: [counted(classes.get('cat')?.count)] }));
    for (let outage = 0; outage < OUTAGES; outage++) {
      // Each waits for its turn among the others, which are under way when Redis is killed.
      for (let n = 0; n < CHANGES; n++) await change();
      await redis.kill();
      await redis.restart();
      await writesSurviveAKill(redis);
    }
    await store.ready();
    isOver = true;
    const [upserts, updates, migrations] = await working;
    expect(await store.vectors.count({ classes: ['many'] })).toBe(upserts);
    const { version, classes } = await store.registry.refresh();
    expect(classes.get('cat')?.count).toBe(updates + OUTAGES * CHANGES);
    expect(version).toBe(updates + OUTAGES * CHANGES + migrations);
    expect(seen).toEqual([true, false, true, false, true, false, true]);
    expect(Math.min(upserts, updates, migrations)).toBeGreaterThan(OUTAGES);
    await store.close();
  });

  it('that swallows a reply does not make a change happen twice, nor its result be lost', async () => {
    const proxy = await swallowingProxy(redis.port);
    const store = await createRedisStore({ ...fixed, url: proxy.url, model: 'swallowed' });
    await store.vectors.upsert('cil', [vectorOf(1), vectorOf(2)]);
    const many = { ...cat, name: 'many' };
    const command = { id: 'c', position: 'commands/0/1', details: null };
    const { moved, snapshot } = await store.migrate(() => {
      proxy.swallowNext();
      return { from: 'cil', to: 'mu', classes: [many], command };
    });
    expect([moved, snapshot.version]).toEqual([new Map([['many', 2]]), 1]);
    const updated = await store.registry.update(({ classes }) => {
      proxy.swallowNext();
      return { put: [{ ...many, count: (classes.get('many')?.count ?? 0) + 1 }] };
    });
    expect([updated.version, updated.classes.get('many')?.count]).toEqual([2, 1]);
    proxy.swallowNext();
    expect(await store.vectors.move(['many'], 'mu', 'cil')).toEqual(moved);
    proxy.swallowNext();
    expect(await store.vectors.delete({})).toBe(2);
    expect(proxy.swallowed()).toBe(4);
    await store.close();
    proxy.close();
  });

  it('that closes no connection is noticed by its silence', async () => {
    const seen: boolean[] = [];
    const onConnection = (connected: boolean): number => seen.push(connected);
    const store = await createRedisStore({ ...fixed, url: redis.url, silenceTimeoutMs: 300, onConnection });
    redis.freeze();
    const counting = store.vectors.count();
    await vi.waitUntil(() => seen.length === 2, { timeout: 60_000 });
    redis.resume();
    expect(await counting).toBe(0);
    expect(seen).toEqual([true, false, true]);
    await store.close();
  });

  it('ends waiting when the store is closed', async () => {
    const store = await createRedisStore({ ...fixed, url: redis.url });
    await redis.kill();
    const waiting = store.vectors.count();
    const ready = store.ready();
    const ended = Promise.all([
      expect(waiting).rejects.toThrow('closed'),
      // Readiness may have been asked for before the loss of the connection was noticed.
      ready.catch((error: Error) => expect(error.message).toContain('closed')),
    ]);
    await store.close();
    await ended;
    await redis.restart();
  });

  it('of its scripts only is not noticed', async () => {
    const store = await createRedisStore({ ...fixed, url: redis.url, model: 'scripts' });
    const admin = await createClient({ url: redis.url }).connect();
    await admin.scriptFlush();
    await store.vectors.upsert('cil', [vectorOf(1)]);
    expect(await store.vectors.count()).toBe(1);
    await admin.close();
    await store.close();
  });
});

/** Each migration has a command of its own, and takes the class to where it is not. */
async function migrateBackAndForth(store: KnowledgeStore, n: number): Promise<void> {
  const [from, to] = n % 2 === 0 ? (['cil', 'mu'] as const) : (['mu', 'cil'] as const);
  const command = { id: `c-${n}`, position: `commands/0/${n}`, details: null };
  await store.vectors.upsert(from, [{ ...vectorOf(0), id: 'mover', className: 'mover' }]);
  const { moved } = await store.migrate(() => ({ from, to, classes: [{ ...cat, name: 'mover' }], command }));
  expect(moved).toEqual(new Map([['mover', 1]]));
}

/** Redis may answer before it hands a write to the system when the disk is slow, unless it is told to wait for it. */
async function writesSurviveAKill({ url }: RedisService): Promise<void> {
  const admin = await createClient({ url }).connect();
  await admin.configSet('appendfsync', 'always');
  await admin.close();
}

function vectorOf(n: number) {
  return { id: `v-${n}`, className: 'many', task: 't', vector: Float32Array.of(1, n, 0, 0) };
}

function counted(before = 0) {
  return { ...cat, count: before + 1 };
}

/** Stands between a client and Redis; loses a reply, with the connection, when it is told to. */
async function swallowingProxy(port: number) {
  let swallowsNext = false;
  let swallowed = 0;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    client.pipe(upstream);
    upstream.on('data', (reply) => {
      if (!swallowsNext) return void client.write(reply);
      swallowsNext = false;
      swallowed++;
      client.destroy();
    });
    client.on('error', () => {}).on('close', () => upstream.destroy());
    upstream.on('error', () => {}).on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    swallowNext: () => {
      swallowsNext = true;
    },
    swallowed: () => swallowed,
    close: () => server.close(),
  };
}
