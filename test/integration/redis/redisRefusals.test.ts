import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, RESP_TYPES, type RedisClientType } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RedisService } from '../../../scripts/services/redis.js';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createRedisStore } from '../../../src/adapters/redis/createRedisStore.js';
import { Keys } from '../../../src/adapters/redis/keys.js';
import type { RedisNeed, RedisStoreOptions } from '../../../src/adapters/redis/options.js';
import { openRedisBlobs } from '../../../src/adapters/redis/redisBlobs.js';
import { type Own, ownRedis } from '../../support/services.js';

const index = { algorithm: 'flat', m: 16, efConstruction: 200, efRuntime: 64, type: 'float32' } as const;
const cat = { name: 'cat', state: 'learned', task: 't', count: 1, centroid: null } as const;
const vector = { id: 'v', className: 'cat', task: 't', vector: Float32Array.of(1, 0, 0, 0) };
const REPORT = { found: 0, known: 3, carriedOut: ['u1'], lostClasses: [], lostTasks: ['t'] };
const command = (id: string) => ({ id, position: 'commands/0/1', details: null });

let redis: Own<RedisService>;
let admin: RedisClientType;
let model: string;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  redis = await ownRedis();
  admin = createClient({ url: redis.url });
  admin.on('error', () => undefined);
  await admin.connect();
});
afterAll(async () => {
  admin.destroy();
  await redis.dispose();
});
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

function options(named = `refusals-${randomUUID()}`) {
  model = named;
  const waits = new Map<RedisNeed, string>();
  const onWaiting = (need: RedisNeed, why: string | null): void => {
    if (why === null) waits.delete(need);
    else waits.set(need, why);
  };
  const store: RedisStoreOptions = { url: redis.url, model, dimension: 4, index, onWaiting };
  return { waits, options: store };
}

async function opened(changes: Partial<RedisStoreOptions> = {}) {
  const { waits, options: of } = options(changes.model);
  const store = await createRedisStore({ ...of, ...changes });
  closing.push(() => store.close());
  return { waits, store };
}

const set = (name: string, value: string): Promise<unknown> =>
  admin.sendCommand(['CONFIG', 'SET', name, value]);

/** How Redis comes to refuse writes, and how that ends. */
const REFUSALS: readonly {
  readonly name: string;
  readonly says: string;
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}[] = [
  {
    name: 'NOREPLICAS',
    says: 'too few replicas',
    begin: () => set('min-replicas-to-write', '1'),
    end: () => set('min-replicas-to-write', '0'),
  },
  {
    name: 'READONLY',
    says: 'replica',
    begin: () => admin.sendCommand(['REPLICAOF', '127.0.0.1', '1']),
    end: () => admin.sendCommand(['REPLICAOF', 'NO', 'ONE']),
  },
  { name: 'MISCONF', says: 'its disk', begin: loseTheDisk, end: findTheDisk },
];

/** A snapshot that could not be saved: the folder for it is gone. */
async function loseTheDisk(): Promise<void> {
  await set('save', '3600 1000000');
  await rm(join(redis.folder, 'data'), { recursive: true });
  await admin.sendCommand(['BGSAVE', 'SCHEDULE']);
  await expect.poll(() => admin.info('persistence')).toContain('rdb_last_bgsave_status:err');
}

async function findTheDisk(): Promise<void> {
  await mkdir(join(redis.folder, 'data'), { recursive: true });
  await set('save', '');
}

describe.each(REFUSALS)('a Redis that refuses writes: $name', ({ says, begin, end }) => {
  it('is read from, and written to as soon as it takes writes again', async () => {
    const { store, waits } = await opened();
    await store.vectors.upsert('cil', [vector]);
    const noSignal = new AbortController().signal;
    await store.registry.update(() => ({ put: [cat] }));
    await begin();
    try {
      let isLearner = false;
      const works = [
        store.lease
          .acquire(() => undefined, noSignal)
          .then(() => {
            isLearner = true;
          }),
        store.vectors.upsert('cil', [{ ...vector, id: 'w' }]),
        store.migrate(() => ({
          from: 'cil',
          to: 'mu',
          classes: [{ ...cat, state: 'unlearned' }],
          command: command('c'),
        })),
        store.registry.noteRefused('t', [{ id: 'r', position: 'p' }]),
        store.vectors.withdraw(['x']),
      ];
      await expect.poll(() => waits.get('writes')).toContain(says);
      expect(await store.vectors.knn(vector.vector, { k: 1, database: 'cil' })).toHaveLength(1);
      expect((await store.registry.refresh()).classes.size).toBe(1);
      expect(isLearner).toBe(false);
      await end();
      await Promise.all(works);
      expect(waits.size).toBe(0);
      expect(await store.vectors.count()).toBe(2);
      expect(await store.registry.refusedOf('t')).toMatchObject({ named: 1 });
      expect((await store.registry.receipt('c'))?.id).toBe('c');
    } finally {
      await end();
    }
  });
});

describe('a Redis without memory', () => {
  const begin = (): Promise<unknown> => set('maxmemory', '1');
  const end = (): Promise<unknown> => set('maxmemory', '0');
  afterEach(end);

  it('lets a learner start, keep its lease, move, unlearn and erase; samples wait', async () => {
    const { store, waits } = await opened();
    await store.vectors.upsert('cil', [vector, { ...vector, id: 'w' }]);
    await store.registry.update(() => ({ put: [cat] }));
    await begin();
    const again = await opened({ model: model });
    await again.store.lease.acquire(() => undefined, new AbortController().signal);
    let stored = false;
    const storing = again.store.vectors.upsert('cil', [{ ...vector, id: 'late' }]).then(() => {
      stored = true;
    });
    await expect.poll(() => again.waits.get('writes')).toContain('out of memory');
    const { moved } = await again.store.migrate(() => ({
      from: 'cil',
      to: 'mu',
      classes: [{ ...cat, state: 'unlearned' }],
      command: command('u'),
    }));
    expect(moved).toEqual(new Map([['cat', 2]]));
    expect(await again.store.vectors.withdraw(['w'])).toEqual(new Map([['cat', 1]]));
    expect(await again.store.vectors.delete({ classes: ['cat'] })).toBe(1);
    expect(await again.store.vectors.knn(vector.vector, { k: 1, database: 'mu' })).toEqual([[]]);
    expect(stored).toBe(false);
    expect(waits).toEqual(new Map());
    await end();
    await storing;
    expect(stored).toBe(true);
    expect(again.waits.size).toBe(0);
  });

  it('takes a model: an erasure begins with one', async () => {
    const blobs = await openRedisBlobs(options().options);
    closing.push(() => blobs.close());
    await begin();
    await blobs.put('v0001-00000000/weights.bin', Uint8Array.of(1, 2, 3));
    expect([...((await blobs.get('v0001-00000000/weights.bin')) ?? [])]).toEqual([1, 2, 3]);
  });

  it('and without the index: the learner starts, and searches when there is room', async () => {
    await begin();
    const { store, waits } = await opened();
    await expect.poll(() => waits.get('index')).toContain('out of memory');
    await store.registry.update(() => ({ put: [cat] }));
    await end();
    await store.ready();
    expect(waits.size).toBe(0);
  });
});

describe('a Redis that can not serve', () => {
  it('is waited for while it is busy with a script, and said to be', async () => {
    const { store, waits } = await opened();
    await set('busy-reply-threshold', '10');
    const killer = createClient({ url: redis.url });
    await killer.connect();
    const looping = admin.eval('while true do end').catch(() => undefined);
    const counting = store.vectors.count();
    await expect.poll(() => waits.get('replies')).toContain('busy');
    await killer.sendCommand(['SCRIPT', 'KILL']);
    await looping;
    expect(await counting).toBe(0);
    await expect.poll(() => waits.size).toBe(0);
    await killer.close();
  });

  it('is waited for while it has lost its master', async () => {
    const { store, waits } = await opened();
    await set('replica-serve-stale-data', 'no');
    await admin.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    const counting = store.vectors.count();
    await expect.poll(() => waits.get('replies')).toContain('MASTERDOWN');
    await admin.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    await set('replica-serve-stale-data', 'yes');
    expect(await counting).toBe(0);
  });
});

describe('what somebody else wrote below the keys of Lethe', () => {
  const keys = (): Keys => new Keys(model);
  const read = (store: KnowledgeStore) => store.vectors.get(['v']);
  const refresh = (store: KnowledgeStore) => store.registry.refresh();
  const move = (store: KnowledgeStore) => store.vectors.move(['cat'], 'cil', 'mu');

  it.each<
    [string, (store: KnowledgeStore) => Promise<unknown>, () => string, (key: string) => Promise<unknown>]
  >([
    ['a string at the segments', read, () => keys().segments, (key) => admin.set(key, 'x')],
    ['a segment of no database', read, () => keys().segments, (key) => admin.hSet(key, 'nowhere', '9')],
    ['a version of the layout that is none', read, () => keys().layoutVersion, (key) => admin.set(key, 'x')],
    ['the same, where vectors move', move, () => keys().layoutVersion, (key) => admin.set(key, 'x')],
    ['a hash at the classes, where vectors move', move, () => keys().classes, (key) => admin.set(key, 'x')],
    ['a version that is none', refresh, () => keys().version, (key) => admin.set(key, 'x')],
    [
      'a level that is no number',
      refresh,
      () => keys().current,
      (key) => admin.hSet(key, { filter: 'f', level: 'x' }),
    ],
    [
      'a class of no state',
      refresh,
      () => keys().entity('class', 'cat'),
      (key) => admin.hSet(key, 'state', 'odd'),
    ],
    ['a class without its fields', refresh, () => keys().entity('class', 'cat'), (key) => admin.del(key)],
    [
      'a class whose count is none',
      refresh,
      () => `${keys().prefix}class:`,
      () => admin.hSet(keys().entity('class', 'cat'), 'count', 'x'),
    ],
    [
      'a string in place of a class',
      refresh,
      () => `${keys().prefix}class:`,
      () => admin.set(keys().entity('class', 'cat'), 'x'),
    ],
    [
      'a centroid of another length',
      refresh,
      () => keys().entity('class', 'cat'),
      (key) => admin.hSet(key, 'centroid', 'AAAA'),
    ],
    ['a vector of another length', read, () => keys().vector('v'), (key) => admin.hSet(key, 'vector', 'x')],
  ])('is waited for until it is mended, and named: %s', async (_, work, key, spoil) => {
    const { store, waits } = await opened();
    await store.vectors.upsert('cil', [vector]);
    await store.registry.update(() => ({ put: [cat] }));
    const saved = await Promise.all(
      [
        keys().version,
        keys().layoutVersion,
        keys().segments,
        keys().classes,
        keys().current,
        keys().vector('v'),
        keys().entity('class', 'cat'),
      ].map(async (each) => [each, await dumped(each)] as const),
    );
    await spoil(key());
    // As where another worker changed the layout, or the registry: this one reads it anew.
    if (key() === keys().segments) await admin.incr(keys().layoutVersion);
    if (work === refresh && !key().endsWith(':version')) await admin.incr(keys().version);
    let result: unknown;
    const working = work(store).then((value) => {
      result = value;
    });
    await expect.poll(() => waits.get('data')).toContain(key());
    expect(result).toBeUndefined();
    for (const [each, bytes] of saved) await restored(each, bytes);
    await working;
    expect(result).toBeDefined();
    expect(waits.get('data')).toBeUndefined();
    if (work === move) expect(result).toEqual(new Map([['cat', 1]]));
  });

  it.each<[string, () => Promise<unknown>]>([
    ['is gone', () => admin.del(keys().version)],
    ['is older', () => admin.decr(keys().version)],
    ['is of another type', () => admin.del(keys().version).then(() => admin.lPush(keys().version, 'x'))],
    ['is held', () => admin.set(keys().behind, '1')],
  ])('gives out no older state where the version %s', async (_, spoil) => {
    const { store, waits } = await opened();
    await store.registry.update(() => ({ put: [cat] }));
    const { version } = await store.registry.update(() => ({ knownLevel: 0.5 }));
    const saved = await dumped(keys().version);
    await spoil();
    let result: unknown;
    const working = store.registry.refresh().then((value) => {
      result = value;
    });
    await expect.poll(() => waits.get('history')).toContain('it was at');
    expect(result).toBeUndefined();
    await restored(keys().version, saved);
    await admin.del(keys().behind);
    await working;
    expect(result).toMatchObject({ version });
    expect(waits.get('history')).toBeUndefined();
  });

  it('waits for a state that was demanded, also where it has seen none', async () => {
    const { store, waits } = await opened();
    store.registry.demand(3);
    store.registry.demand(2);
    const working = store.registry.refresh();
    await expect.poll(() => waits.get('history')).toContain('it was at 3');
    expect(await store.history?.standing()).toMatchObject({ found: 0, known: 3, isBehind: true });
    await store.history?.hold(3);
    await store.history?.asItIs.registry.update(() => ({ put: [cat] }));
    await store.history?.bringForward(REPORT);
    const { classes, version } = await working;
    expect(classes.has('cat')).toBe(true);
    expect(version).toBeGreaterThan(3);
    expect(await store.history?.standing()).toMatchObject({ isBehind: false });
  });

  it('keeps what was missing, and the report, for the next learner where one dies in the midst', async () => {
    const { store } = await opened();
    await store.history?.hold(3, ['u1', 'u2']);
    const next = await opened({ model });
    expect(await next.store.history?.hold(3, ['u2', 'u3'])).toEqual(new Set(['u1', 'u2', 'u3']));
    expect(await next.store.history?.unreported()).toBeNull();
    await next.store.history?.bringForward(REPORT);
    const last = await opened({ model });
    const { version } = await last.store.registry.refresh();
    expect(await last.store.history?.unreported()).toEqual({
      ...{ kind: 'store-brought-forward', ...REPORT },
      registryVersion: version,
    });
    await last.store.history?.reported();
    expect(await next.store.history?.unreported()).toBeNull();
    // What was missing once is not missing for ever.
    expect(await last.store.history?.hold(version)).toEqual(new Set());
  });

  it('waits for the learner to look at a server that was started anew, where it is told to', async () => {
    const { store, waits } = await opened();
    const look = async () => (await store.history?.standing())?.run ?? null;
    const before = await look();
    await store.history?.verify(before);
    store.history?.onlyVerified();
    await store.registry.refresh();
    await redis.restart();
    let result: unknown;
    const working = store.registry.refresh().then((value) => {
      result = value;
    });
    await expect.poll(() => waits.get('history')).toContain('since the last check of the learner');
    expect(result).toBeUndefined();
    expect(await store.history?.standing()).toMatchObject({ isBehind: false, isVerified: false });
    // One that looked at the run before says nothing of this one.
    await store.history?.verify(before);
    expect(await store.history?.standing()).toMatchObject({ isVerified: false });
    expect(result).toBeUndefined();
    await store.history?.verify(await look());
    await working;
  });

  it('tells of no change before as many replicas have it as are demanded', async () => {
    const { store, waits } = await opened({ durable: { disk: true, replicas: 1 } });
    let told: unknown;
    const working = store.registry
      .update(() => ({ put: [cat] }))
      .then((value) => {
        told = value;
      });
    await expect.poll(() => waits.get('durability')).toContain('0 of 1 replicas');
    expect(told).toBeUndefined();
    const replica = await ownRedis();
    closing.push(() => replica.dispose());
    const client = await createClient({ url: replica.url }).connect();
    await client.sendCommand(['REPLICAOF', '127.0.0.1', String(redis.port)]);
    await working;
    expect(told).toMatchObject({ version: 1 });
    await client.close();
  });

  it('refuses one command alone whose receipt can not be read', async () => {
    const { store } = await opened();
    await store.registry.update(() => ({ put: [cat], command: command('c') }));
    const key = keys().entity('receipt', 'c');
    await admin.hSet(key, 'details', '{');
    await expect(store.registry.receipt('c')).rejects.toMatchObject({
      code: 'internal',
      field: key,
      retriable: false,
    });
    await admin.set(key, 'x');
    await expect(store.registry.receipt('c')).rejects.toMatchObject({ code: 'internal', field: key });
    expect(await store.registry.receipt('d')).toBeNull();
  });
});

describe('how Redis keeps its data', () => {
  it('is warned of where it evicts, also where that was set later', async () => {
    const warnings: string[] = [];
    const warn = (text: string): number => warnings.push(text);
    const store = await createRedisStore({ ...options().options, warn });
    closing.push(() => store.close());
    expect(warnings).toEqual([]);
    await set('maxmemory-policy', 'allkeys-lru');
    await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
    await expect.poll(() => warnings).toEqual([expect.stringContaining('allkeys-lru')]);
    await set('maxmemory-policy', 'noeviction');
  });
});

/** A key as it is: null where it is none. */
async function dumped(key: string): Promise<Buffer | null> {
  const bytes = admin.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  return bytes.dump(key);
}

async function restored(key: string, bytes: Buffer | null): Promise<void> {
  if (bytes === null) await admin.del(key);
  else await admin.sendCommand(['RESTORE', key, '0', bytes, 'REPLACE']);
}

describe('vectors of another embedder', () => {
  const learner = { name: 'a', fingerprint: 'f1', isNoted: true };
  const vector = Float32Array.of(1, 0, 0, 0);
  const insertInto = ({ store }: Awaited<ReturnType<typeof opened>>) =>
    store.vectors.upsert('cil', [{ id: 'v', className: 'cat', task: 't', vector }]);

  it.each([
    ['of another name', { name: 'b', isNoted: true }, /of a \(dimension 4\), not of b \(dimension 4\)/],
    ['of other weights', { ...learner, fingerprint: 'f2' }, /not of a with other weights or another pre/],
    ['that only asks', { name: 'b', fingerprint: 'f2', isNoted: false }, /not of b/],
  ])('are refused at the start: one %s', async (_, embedder, says) => {
    const before = await opened({ embedder: learner });
    await insertInto(before);
    const { options: own } = options(model);
    await expect(createRedisStore({ ...own, embedder })).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'embedder',
      message: expect.stringMatching(says),
    });
  });

  it('are those of the same weights under another name', async () => {
    await insertInto(await opened({ embedder: learner }));
    const named = model;
    await expect(opened({ model: named, embedder: { ...learner, name: 'renamed' } })).resolves.toBeDefined();
  });

  it('can only be where there are vectors; then the first learner that wrote some is the one', async () => {
    await opened({ embedder: learner });
    const named = model;
    await insertInto(await opened({ model: named, embedder: { name: 'b', isNoted: true } }));
    const { options: own } = options(named);
    await expect(createRedisStore({ ...own, embedder: learner })).rejects.toMatchObject({
      field: 'embedder',
    });
  });

  it('are compared by name with those of a Lethe that noted no weights, which are noted then', async () => {
    await insertInto(await opened({ embedder: { name: 'a', isNoted: true } }));
    const named = model;
    await opened({ model: named, embedder: learner });
    const { options: own } = options(named);
    const other = { ...learner, fingerprint: 'f2' };
    await expect(createRedisStore({ ...own, embedder: other })).rejects.toMatchObject({ field: 'embedder' });
  });
});
