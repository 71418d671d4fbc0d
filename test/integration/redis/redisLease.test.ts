import { randomUUID } from 'node:crypto';
import { createClient, type RedisClientType } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RedisService } from '../../../scripts/services/redis.js';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createRedisStore } from '../../../src/adapters/redis/createRedisStore.js';
import { Keys } from '../../../src/adapters/redis/keys.js';
import { type Own, ownRedis } from '../../support/services.js';

const index = { algorithm: 'flat', m: 16, efConstruction: 200, efRuntime: 64, type: 'float32' } as const;
const vector = { id: 'v', className: 'cat', task: 't', vector: Float32Array.of(1, 0, 0, 0) };
const noSignal = new AbortController().signal;
const LEASE_MS = 2000;

let redis: Own<RedisService>;
let client: RedisClientType;
let model: string;
const stores: KnowledgeStore[] = [];

beforeAll(async () => {
  redis = await ownRedis();
  client = createClient({ url: redis.url });
  client.on('error', () => undefined);
  await client.connect();
});
afterAll(async () => {
  client.destroy();
  await redis.dispose();
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

async function openStore(): Promise<KnowledgeStore> {
  const store = await createRedisStore({ url: redis.url, model, dimension: 4, index, leaseMs: LEASE_MS });
  stores.push(store);
  return store;
}

/** Waits for the lease until the store is closed. */
function standing(store: KnowledgeStore) {
  const waits = vi.fn();
  const isLearner = vi.fn();
  const acquired = store.lease.acquire(waits, noSignal).then(isLearner);
  acquired.catch(() => undefined);
  return { waits, isLearner, acquired };
}

const aliveKey = (): string => `${new Keys(model).prefix}learnerAlive`;

/** As if the learner had been silent for too long. */
async function endOfLease(): Promise<void> {
  await client.del(aliveKey());
}

describe('the lease of the learner', () => {
  it('is had by one at a time, and passes on at once when that one closes', async () => {
    model = `lease-${randomUUID()}`;
    const [first, second] = [await openStore(), await openStore()];
    await first.lease.acquire(vi.fn(), noSignal);
    const standby = standing(second);
    await expect.poll(() => standby.waits.mock.calls.length).toBe(1);
    expect(standby.isLearner).not.toHaveBeenCalled();
    await first.close();
    await standby.acquired;
    expect(standby.waits).toHaveBeenCalledTimes(1);
  });

  it('lasts as long as it is renewed', async () => {
    model = `lease-${randomUUID()}`;
    const [first, second] = [await openStore(), await openStore()];
    await first.lease.acquire(vi.fn(), noSignal);
    const standby = standing(second);
    let renewals = 0;
    let before = LEASE_MS;
    await expect
      .poll(
        async () => {
          const left = await client.pTTL(aliveKey());
          if (left > before) renewals++;
          before = left;
          return renewals;
        },
        { timeout: 20_000, interval: 50 },
      )
      .toBe(6);
    expect(standby.isLearner).not.toHaveBeenCalled();
  });

  it('once passed on, it keeps the former learner from changing anything', async () => {
    model = `lease-${randomUUID()}`;
    const [former, next] = [await openStore(), await openStore()];
    await former.lease.acquire(vi.fn(), noSignal);
    await former.vectors.upsert('cil', [vector]);
    await endOfLease();
    await next.lease.acquire(vi.fn(), noSignal);

    const changed = vi.fn();
    const cat = { name: 'cat', state: 'learned', task: 't', count: 1, centroid: null } as const;
    void former.registry.update(() => ({ put: [cat] })).then(changed, changed);
    void former.insert([{ ...vector, id: 'late' }], 0).then(changed, changed);
    void former.vectors.delete({ database: 'cil' }).then(changed, changed);
    expect(await former.lease.lost).toMatchObject({ code: 'learner-replaced', field: 'worker.leaseMs' });

    await next.registry.update(() => ({ put: [{ ...cat, name: 'dog' }] }));
    expect([...(await former.registry.refresh()).classes.keys()]).toEqual(['dog']);
    expect(await former.vectors.count()).toBe(1);
    expect(changed).not.toHaveBeenCalled();
  });

  it('stays with a learner that was silent while no one else asked, also over a kill of Redis', async () => {
    model = `lease-${randomUUID()}`;
    const only = await openStore();
    await only.lease.acquire(vi.fn(), noSignal);
    const lost = vi.fn();
    void only.lease.lost.then(lost);
    await endOfLease();
    await redis.kill();
    await redis.restart();
    await only.registry.update(() => ({ filterLevel: { filter: 'relative', level: 1 } }));
    expect(only.registry.snapshot().version).toBe(1);
    await expect.poll(() => client.exists(aliveKey())).toBe(1);
    const standby = standing(await openStore());
    await expect.poll(() => standby.waits.mock.calls.length).toBe(1);
    expect(lost).not.toHaveBeenCalled();
  });

  it('ends the waiting of one who gives up', async () => {
    model = `lease-${randomUUID()}`;
    const [first, second] = [await openStore(), await openStore()];
    await first.lease.acquire(vi.fn(), noSignal);
    const givenUp = new AbortController();
    const waiting = second.lease.acquire(() => givenUp.abort(), givenUp.signal);
    await expect(waiting).rejects.toThrow(/abort/i);
  });
});
