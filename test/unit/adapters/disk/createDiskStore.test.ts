import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { DiskFile } from '../../../../src/adapters/disk/file.js';
import { createDiskStore } from '../../../../src/adapters/disk/store/createDiskStore.js';
import type { KnowledgeStore } from '../../../../src/adapters/knowledgeStore.js';
import { normalised } from '../../../../src/domain/vector.js';
import { describeKnowledgeStore } from '../../../support/contracts/knowledgeStore.contract.js';
import { type Reopened, reopened, temporaryFolder } from '../../../support/disk.js';

const opened = new Map<KnowledgeStore, Reopened>();
const open = (dimension: number): Reopened => {
  const fresh = reopened(dimension);
  opened.set(fresh.store, fresh);
  return fresh;
};
afterEach(() => {
  for (const each of opened.values()) each.close();
  opened.clear();
});

describeKnowledgeStore('on disk', {
  create: async (dimension) => open(dimension).store,
  // What another worker sees is what the next process finds.
  another: async (store) => {
    opened.get(store)?.reopen();
    return store;
  },
  propertyRuns: 40,
});

const identity = { model: 'main', embedder: 'test', dimension: 64 };
const vectorOf = (seed: number): Float32Array =>
  normalised(Float32Array.from({ length: 64 }, (_, i) => Math.sin(seed * 64 + i + 1)));
const records = (count: number, className = 'cat') =>
  Array.from({ length: count }, (_, i) => ({
    id: `${className}-${i}`,
    className,
    task: 't1',
    vector: vectorOf(i + 1000 * className.charCodeAt(0)),
    subject: `person ${i % 3}`,
  }));

describe('the file of a store', () => {
  it('is whole after each change: the next process finds vectors, order, subjects and what was refused and withdrawn', async () => {
    const disk = open(64);
    const { store } = disk;
    await store.insert(records(5), 0);
    await store.registry.noteRefused('t1', [{ id: 'late', position: 'a/0/1' }, { position: 'a/0/2' }]);
    await store.withdraw(['cat-1', 'never'], new Map([['cat', 't1']]));
    disk.reopen();
    expect(await store.vectors.count()).toBe(4);
    expect(await store.vectors.idsOf('person 0')).toEqual(['cat-0', 'cat-3']);
    expect(await store.vectors.withdrawn(['cat-1', 'never', 'cat-2'])).toEqual(new Set(['cat-1', 'never']));
    expect(await store.registry.refusedOf('t1')).toEqual({ named: 2, nameless: 1 });
    expect((await store.vectors.get(['cat-2']))[0]?.vector).toEqual(vectorOf(99_002));
    await store.insert([{ ...(records(1)[0] as ReturnType<typeof records>[0]), id: 'late' }], 0);
    disk.reopen();
    expect(await store.registry.refusedOf('t1')).toEqual({ named: 1, nameless: 1 });
  });

  it('holds after every kind of change what the memory holds: nothing that was moved or deleted comes back', async () => {
    const disk = open(64);
    const { store } = disk;
    const held = async () => {
      const vectors = new Map<string, unknown>();
      for (const database of ['cil', 'mu'] as const)
        for await (const batch of store.vectors.scan({ database }))
          for (const record of batch) vectors.set(record.id, { database, ...record });
      const gone = await store.vectors.withdrawn(records(6).map(({ id }) => id));
      return {
        ...{
          vectors,
          gone,
          registry: store.registry.snapshot(),
          receipt: await store.registry.receipt('u1'),
        },
        ...{ refused: await store.registry.refusedOf('t1'), holders: await store.holders.list() },
      };
    };
    const cat = { name: 'cat', task: 't1', count: 3, centroid: vectorOf(1) } as const;
    const command = { id: 'u1', position: 'commands/0/7', details: { of: 'cat' } };
    const steps: readonly (() => Promise<unknown>)[] = [
      () => store.insert([...records(6), ...records(3, 'dog'), ...records(3, 'ship')], 0),
      () => store.registry.update(() => ({ put: [{ ...cat, state: 'learned' }] })),
      () =>
        store.migrate(() => ({
          ...{ from: 'cil', to: 'mu', classes: [{ ...cat, state: 'unlearned' }], command },
          putTasks: [{ name: 't1', state: 'open', classes: ['cat'], samples: 9 }],
        })),
      () => store.withdraw(['cat-4', 'cat-5'], new Map([['cat', 't1']])),
      () => store.vectors.move(['cat'], 'mu', 'cil'),
      () => store.vectors.upsert('mu', records(1, 'dog')),
      () => store.vectors.delete({ database: 'cil', classes: ['dog'] }),
      () => store.vectors.withdraw(['ship-1']),
      () => store.registry.update(() => ({ drop: ['cat'], dropTasks: ['t1'], knownLevel: 0.5 })),
      () => store.vectors.delete({ database: 'mu' }),
      () => store.vectors.delete({}),
    ];
    for (const step of steps) {
      const before = await held();
      await step();
      const after = await held();
      expect(after).not.toEqual(before);
      disk.reopen();
      expect(await held()).toEqual(after);
    }
  });

  it('holds no byte of what was deleted once it was written anew', async () => {
    const { store, folder } = open(64);
    for (const name of ['cat', 'dog', 'ship']) await store.insert(records(200, name), 0);
    await store.vectors.move(['cat'], 'cil', 'mu');
    await store.withdraw(
      records(200, 'ship')
        .slice(0, 100)
        .map(({ id }) => id),
      new Map(),
    );
    await store.vectors.delete({ classes: ['cat'] });
    const gone = [...records(200), ...records(200, 'ship').slice(0, 100)];
    expect(await store.rewriteFiles()).toBe('done');
    const bytes = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
    const isThere = ({ vector }: { vector: Float32Array }): boolean =>
      [0, 100, 200].some((at) => bytes.includes(Buffer.from(vector.buffer, at, 16)));
    expect(records(200, 'dog').every(isThere)).toBe(true);
    expect(gone.filter(isThere)).toEqual([]);
  });

  it('changes nothing where the disk takes nothing more, says so, and goes on when there is room', async () => {
    const folder = temporaryFolder();
    const told: (string | null)[] = [];
    const file = new DiskFile(folder, (why) => told.push(why));
    const store = createDiskStore(file, identity);
    await store.insert(records(3), 0);
    const pages = (count: number): void => file.run(`PRAGMA max_page_count=${count}`);
    pages(1);
    const full = { code: 'disk-full', retriable: true, field: 'disk.folder' };
    await expect(store.insert(records(500, 'dog'), 0)).rejects.toMatchObject(full);
    const detector = Buffer.alloc(100_000, 1);
    await expect(store.registry.update(() => ({ detector }))).rejects.toMatchObject(full);
    expect([await store.vectors.count(), store.registry.snapshot().version]).toEqual([3, 0]);
    pages(100_000);
    expect(await store.insert(records(500, 'dog'), 0)).toBe(true);
    expect(told).toEqual([expect.stringContaining('no space'), expect.stringContaining('no space'), null]);
    file.close();
  });

  it('is refused where it is of another model or embedder, unless it holds no vectors', async () => {
    const folder = temporaryFolder();
    const opening = (changes: Partial<typeof identity & { fingerprint: string }>) => {
      const file = new DiskFile(folder);
      try {
        return createDiskStore(file, { ...identity, ...changes });
      } finally {
        file.close();
      }
    };
    opening({});
    expect(() => opening({ model: 'other' })).toThrow(/holds the model main/);
    opening({ embedder: 'newer', dimension: 32 });
    opening({});
    const file = new DiskFile(folder);
    await createDiskStore(file, identity).insert(records(1), 0);
    file.close();
    const refused = { code: 'config-invalid', field: 'disk.folder' };
    expect(() => opening({ embedder: 'newer' })).toThrow(expect.objectContaining(refused));
    expect(() => opening({ dimension: 32 })).toThrow(
      /are of test \(dimension 64\), not of test \(dimension 32\)/,
    );
    // A file of an earlier version knows the name alone, and takes on the fingerprint.
    opening({ fingerprint: 'f1' });
    opening({ fingerprint: 'f1', embedder: 'renamed' });
    expect(() => opening({ fingerprint: 'f2' })).toThrow(
      /not of test with other weights or another preprocessing/,
    );
  });

  it('is refused where it is foreign, damaged or of another format', () => {
    const refusal = (prepare: (path: string) => void): string => {
      const folder = temporaryFolder();
      new DiskFile(folder).close();
      prepare(join(folder, 'lethe.db'));
      try {
        new DiskFile(folder).close();
        return 'opened';
      } catch (error) {
        expect(error).toMatchObject({ code: 'config-invalid', field: 'disk.folder' });
        return error instanceof Error ? error.message : '';
      }
    };
    const executed = (sql: string) => (path: string) => {
      const database = new DatabaseSync(path);
      database.exec(sql);
      database.close();
    };
    expect(refusal(() => undefined)).toBe('opened');
    expect(refusal((path) => writeFileSync(path, 'no database '.repeat(1000)))).toMatch(/damaged/);
    expect(refusal(executed('PRAGMA application_id=1'))).toMatch(/none of Lethe's/);
    expect(refusal(executed('PRAGMA user_version=2'))).toMatch(/format 2; this version of Lethe reads 1/);
    expect(
      refusal((path) => {
        const bytes = readFileSync(path);
        bytes.fill(0x5a, 4096 * 3, 4096 * 6);
        writeFileSync(path, bytes);
      }),
    ).toMatch(/damaged/);
  });

  it('is refused, with one line of what to do, where its rows are not what was written', () => {
    const folder = temporaryFolder();
    const file = new DiskFile(folder);
    createDiskStore(file, identity);
    file.run("INSERT INTO class (name, record) VALUES ('cat', '{')");
    expect(() => createDiskStore(file, identity)).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        message: expect.stringContaining('record: no JSON'),
      }),
    );
    file.close();
  });

  it('is of one process at a time, from the moment it is opened', () => {
    const folder = temporaryFolder();
    const file = new DiskFile(folder);
    expect(() => new DiskFile(folder)).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringMatching(/another process/) }),
    );
    file.close();
    new DiskFile(folder).close();
  });

  it('is made where its folder is missing', () => {
    const folder = join(temporaryFolder(), 'a', 'b');
    new DiskFile(folder).close();
    expect(existsSync(join(folder, 'lethe.db'))).toBe(true);
  });
});
