import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KnowledgeStore, Migration } from '../../../src/adapters/knowledgeStore.js';
import type { DatabaseName, VectorRecord } from '../../../src/adapters/vectorDatabase.js';
import { normalised, stacked } from '../../../src/domain/vector.js';
import { classRecord, commandNote, describeClassRegistry } from './classRegistry.contract.js';
import { ReferenceVectors } from './referenceVectors.js';
import { expectSame, recordsOf } from './sameAsReference.js';
import { DIMENSION, operation } from './storeOperations.js';

/** What a contract test needs to know of the adapter. */
export interface KnowledgeStoreHarness {
  /** An empty store of its own for vectors of this dimension. */
  create(dimension: number): Promise<KnowledgeStore>;
  /** Another worker's store on the data of this one; the same store where the data cannot be shared. */
  another(store: KnowledgeStore): Promise<KnowledgeStore>;
  /** Runs of each property; fewer for adapters with a round trip. */
  readonly propertyRuns: number;
}

/** What every adapter of the port KnowledgeStore promises. */
export function describeKnowledgeStore(
  name: string,
  { create, another, propertyRuns }: KnowledgeStoreHarness,
): void {
  describe(`the knowledge store ${name}`, () => {
    let store: KnowledgeStore;
    let others: KnowledgeStore[] = [];
    /** A second worker's store on the same data. */
    const second = async (): Promise<KnowledgeStore> => {
      const other = await another(store);
      others.push(other);
      return other;
    };
    beforeEach(async () => {
      store = await create(DIMENSION);
    });
    afterEach(async () => {
      await Promise.all([store, ...others].map((each) => each.close()));
      others = [];
    });

    describe('vectors', () => {
      it('behave like a plain map of vectors, whatever is done in whatever order', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
            const own = await create(DIMENSION);
            try {
              const reference = new ReferenceVectors();
              for (const each of operations) await expectSame(own.vectors, reference, each);
              await expectSame(own.vectors, reference, { kind: 'scan', filter: {}, batchSize: 5 });
            } finally {
              await own.close();
            }
          }),
          { numRuns: propertyRuns },
        );
      });

      it('are replaced, not doubled, when their id comes again', async () => {
        await store.vectors.upsert('cil', [record('a', 'cat', [1, 0, 0, 0])]);
        await store.vectors.upsert('cil', [record('a', 'dog', [0, 1, 0, 0])]);
        expect(await store.vectors.get(['a'])).toEqual([
          { ...record('a', 'dog', [0, 1, 0, 0]), database: 'cil' },
        ]);
        expect(await store.vectors.count()).toBe(1);
      });

      it('change the database when their id is put into the other one', async () => {
        await store.vectors.upsert('cil', [record('a', 'cat', [1, 0, 0, 0])]);
        await store.vectors.upsert('mu', [record('a', 'cat', [1, 0, 0, 0])]);
        expect(await store.vectors.count({ database: 'cil' })).toBe(0);
        expect(await store.vectors.count({ database: 'mu' })).toBe(1);
      });

      it('are copied: what the caller does to the array afterwards does not matter', async () => {
        const mine = record('a', 'cat', [1, 0, 0, 0]);
        await store.vectors.upsert('cil', [mine]);
        mine.vector.fill(0);
        const [stored] = await store.vectors.get(['a']);
        expect(stored?.vector).toEqual(Float32Array.of(1, 0, 0, 0));
      });

      it('of a wrong dimension are refused, and nothing of their batch is stored', async () => {
        const wrong = { ...record('b', 'cat', [1, 0, 0, 0]), vector: Float32Array.of(1, 0) };
        await expect(
          store.vectors.upsert('cil', [record('a', 'cat', [1, 0, 0, 0]), wrong]),
        ).rejects.toMatchObject({ code: 'wrong-dimension', field: 'records.1.vector', value: '2' });
        expect(await store.vectors.count()).toBe(0);
      });

      it('are counted by class, over both databases; a class without any is not named', async () => {
        await store.vectors.upsert('cil', [
          record('a', 'cat', [1, 0, 0, 0]),
          record('b', 'dog', [0, 1, 0, 0]),
        ]);
        await store.vectors.upsert('mu', [record('c', 'cat', [0, 0, 1, 0])]);
        expect(new Map(await store.vectors.classes())).toEqual(
          new Map([
            ['cat', 2],
            ['dog', 1],
          ]),
        );
        await store.vectors.withdraw(['b']);
        expect(new Map(await store.vectors.classes())).toEqual(new Map([['cat', 2]]));
      });

      it('may have ids and classes of any characters', async () => {
        const odd = record('a b:{c}|"d"*,-\u{1F600}', 'naïve | {cat}, "x" * @y-z', [1, 0, 0, 0]);
        await store.vectors.upsert('cil', [odd]);
        const [[neighbour] = []] = await store.vectors.knn(odd.vector, {
          k: 1,
          database: 'cil',
          classes: [odd.className],
        });
        expect(neighbour).toMatchObject({ id: odd.id, className: odd.className });
        expect(await store.vectors.get([odd.id])).toEqual([{ ...odd, database: 'cil' }]);
      });
    });

    describe('the k nearest', () => {
      const query = Float32Array.of(1, 0, 0, 0);
      beforeEach(() =>
        store.vectors.upsert('cil', [
          record('far', 'cat', [-1, 0, 0, 0]),
          record('near', 'cat', [1, 0, 0, 0]),
          record('mid', 'dog', [1, 1, 0, 0]),
        ]),
      );

      it('come most similar first, with their cosine similarity', async () => {
        const [found = []] = await store.vectors.knn(query, { k: 2, database: 'cil' });
        expect(found.map(({ id, className }) => [id, className])).toEqual([
          ['near', 'cat'],
          ['mid', 'dog'],
        ]);
        expect(found[0]?.similarity).toBeCloseTo(1, 5);
        expect(found[1]?.similarity).toBeCloseTo(Math.SQRT1_2, 5);
      });

      it('are all there are where k is larger', async () => {
        const [found = []] = await store.vectors.knn(query, { k: 200, database: 'cil' });
        expect(found.map(({ id }) => id)).toEqual(['near', 'mid', 'far']);
      });

      it('are of the wanted classes and database only', async () => {
        const [cats = []] = await store.vectors.knn(query, { k: 9, database: 'cil', classes: ['cat'] });
        expect(cats.map(({ id }) => id)).toEqual(['near', 'far']);
        expect(await store.vectors.knn(query, { k: 9, database: 'mu' })).toEqual([[]]);
        expect(await store.vectors.knn(query, { k: 9, database: 'cil', classes: [] })).toEqual([[]]);
        expect(await store.vectors.knn(query, { k: 9, database: 'cil', classes: ['frog'] })).toEqual([[]]);
      });

      it('are found for each query of a batch, and for none', async () => {
        const batch = stacked([query, Float32Array.of(-1, 0, 0, 0)], DIMENSION);
        const lists = await store.vectors.knn(batch, { k: 1, database: 'cil' });
        expect(lists.map((list) => list[0]?.id)).toEqual(['near', 'far']);
        expect(await store.vectors.knn(new Float32Array(0), { k: 1, database: 'cil' })).toEqual([]);
        const patient = await store.vectors.knn(batch, { k: 1, database: 'cil', background: true });
        expect(patient).toEqual(lists);
      });

      it('are refused for queries of a wrong dimension', async () => {
        await expect(
          store.vectors.knn(new Float32Array(DIMENSION + 1), { k: 1, database: 'cil' }),
        ).rejects.toMatchObject({ code: 'wrong-dimension' });
      });
    });

    describe('a move', () => {
      const cats = Array.from({ length: 40 }, (_, index) => record(`cat-${index}`, 'cat', [1, index, 0, 0]));

      it('is seen whole or not at all by those who read meanwhile', async () => {
        await store.vectors.upsert('cil', [...cats, record('dog', 'dog', [0, 0, 1, 0])]);
        let moving = true;
        const seen = new Set<number>();
        const reader = async (database: DatabaseName): Promise<void> => {
          while (moving) {
            const options = { k: 100, database, classes: ['cat'] };
            const [found = []] = await store.vectors.knn(Float32Array.of(0, 1, 0, 0), options);
            seen.add(found.length);
            seen.add(await store.vectors.count({ database, classes: ['cat'] }));
          }
        };
        const mover = async (): Promise<void> => {
          for (let round = 0; round < 10; round++) {
            await store.vectors.move(['cat'], 'cil', 'mu');
            await store.vectors.move(['cat'], 'mu', 'cil');
          }
          moving = false;
        };
        await Promise.all([reader('cil'), reader('mu'), mover()]);
        expect([...seen].filter((count) => count !== 0 && count !== cats.length)).toEqual([]);
      });

      it('joins vectors of the class that are there already', async () => {
        await store.vectors.upsert('cil', cats.slice(0, 30));
        await store.vectors.upsert('mu', cats.slice(30));
        expect(await store.vectors.move(['cat', 'frog'], 'cil', 'mu')).toEqual(
          new Map([
            ['cat', 30],
            ['frog', 0],
          ]),
        );
        const moved = await recordsOf(store.vectors.scan({ database: 'mu', classes: ['cat'] }));
        expect(new Set(moved.map(({ id }) => id))).toEqual(new Set(cats.map(({ id }) => id)));
      });
    });

    describeClassRegistry(
      () => store,
      () => second(),
    );

    describe('a migration', () => {
      const unlearnCat: Migration = {
        from: 'cil',
        to: 'mu',
        classes: [{ ...classRecord('cat'), state: 'unlearned' }],
        command: commandNote('forget-cat'),
      };
      const relearnCat: Migration = {
        from: 'mu',
        to: 'cil',
        classes: [classRecord('cat')],
        command: commandNote('back'),
      };
      beforeEach(async () => {
        await store.vectors.upsert('cil', [
          record('a', 'cat', [1, 0, 0, 0]),
          record('b', 'cat', [0, 1, 0, 0]),
          record('c', 'dog', [0, 0, 1, 0]),
        ]);
        await store.registry.update(() => ({ put: [classRecord('cat'), classRecord('dog')] }));
      });

      it('moves the vectors, changes the registry and records the command', async () => {
        const { moved, snapshot } = await store.migrate(() => unlearnCat);
        expect(new Map(moved)).toEqual(new Map([['cat', 2]]));
        expect(snapshot.version).toBe(2);
        expect(store.registry.snapshot()).toEqual(snapshot);
        expect([...snapshot.classes.values()].map(({ state }) => state)).toEqual(['unlearned', 'learning']);
        expect(await store.registry.receipt('forget-cat')).toEqual({
          ...commandNote('forget-cat'),
          registryVersion: 2,
          moved: new Map([['cat', 2]]),
        });
        expect(await store.vectors.count({ database: 'mu', classes: ['cat'] })).toBe(2);
        expect(await store.vectors.count({ database: 'cil' })).toBe(1);
      });

      it('is decided on the newest state; a decision that throws changes nothing', async () => {
        const other = await second();
        await other.registry.update(() => ({ put: [classRecord('frog')] }));
        await store.migrate((snapshot) => {
          expect([...snapshot.classes.keys()]).toEqual(['cat', 'dog', 'frog']);
          return unlearnCat;
        });
        const refused = store.migrate(() => {
          throw new Error('no');
        });
        await expect(refused).rejects.toThrow('no');
        expect((await store.registry.refresh()).version).toBe(3);
      });

      it('is carried out once only, also when it is asked for twice at the same time', async () => {
        const other = await second();
        const results = await Promise.all([
          store.migrate(() => unlearnCat),
          store.migrate(() => unlearnCat),
          other.migrate(() => unlearnCat),
        ]);
        expect(results.map(({ moved }) => moved.get('cat') ?? 0).sort()).toEqual([0, 0, 2]);
        await store.migrate(() => ({ ...relearnCat, command: commandNote('forget-cat', 'commands/0/9') }));
        expect((await store.registry.refresh()).version).toBe(2);
        expect(await store.vectors.count({ database: 'mu' })).toBe(2);
        expect(await store.registry.receipt('forget-cat')).toMatchObject({
          position: 'commands/0/1',
          moved: new Map([['cat', 2]]),
        });
      });

      it('and its way back leave everything as it was', async () => {
        await store.migrate(() => unlearnCat);
        await store.migrate(() => relearnCat);
        expect(await store.vectors.count({ database: 'mu' })).toBe(0);
        expect(await store.vectors.count({ database: 'cil' })).toBe(3);
        expect(store.registry.snapshot().classes.get('cat')).toEqual(classRecord('cat'));
      });

      it('may be no command\u2019s doing, and drop classes and tasks in the same step', async () => {
        const dog = { ...classRecord('dog'), before: 'erased' as const };
        await store.registry.update(() => ({
          put: [dog],
          putTasks: [{ name: 't1', state: 'open', classes: ['cat', 'dog'], samples: 3 }],
        }));
        expect((await store.registry.refresh()).classes.get('dog')).toEqual(dog);
        const { moved, snapshot } = await store.migrate(() => ({
          from: 'cil',
          to: 'mu',
          classes: [{ ...classRecord('dog'), state: 'erased' }],
          drop: ['cat'],
          dropTasks: ['t1'],
        }));
        expect(new Map(moved)).toEqual(new Map([['dog', 1]]));
        expect([...snapshot.classes.values()]).toEqual([{ ...classRecord('dog'), state: 'erased' }]);
        expect([...snapshot.tasks.keys()]).toEqual([]);
        expect(await store.vectors.count({ database: 'cil', classes: ['cat'] })).toBe(2);
      });

      it('is never seen half: whoever sees the new registry finds no vector left behind', async () => {
        const other = await second();
        const watcher = async (watched: KnowledgeStore): Promise<number> => {
          while ((await watched.registry.refresh()).classes.get('cat')?.state !== 'unlearned') {
            await watched.vectors.count({ database: 'cil', classes: ['cat'] });
          }
          return watched.vectors.count({ database: 'cil', classes: ['cat'] });
        };
        const watching = [store, other].map(watcher);
        await store.migrate(() => unlearnCat);
        expect(await Promise.all(watching)).toEqual([0, 0]);
      });

      it('is seen by the other workers at once', async () => {
        const other = await second();
        const query = Float32Array.of(1, 0, 0, 0);
        const idsIn = async (database: DatabaseName): Promise<string[]> => {
          const [found = []] = await other.vectors.knn(query, { k: 9, database });
          return found.map(({ id }) => id).sort();
        };
        expect(await idsIn('cil')).toEqual(['a', 'b', 'c']);
        await store.migrate(() => unlearnCat);
        expect([await idsIn('cil'), await idsIn('mu')]).toEqual([['c'], ['a', 'b']]);
        expect((await other.vectors.get(['a']))[0]?.database).toBe('mu');
        await store.migrate(() => relearnCat);
        expect([await idsIn('cil'), await idsIn('mu')]).toEqual([['a', 'b', 'c'], []]);
      });
    });

    describe('an insert', () => {
      const cat = record('a', 'cat', [1, 0, 0, 0]);

      it('stores in DB-CIL where the registry is at the version it was judged by', async () => {
        const { version } = await store.registry.update(() => ({ put: [classRecord('cat')] }));
        expect(await store.insert([cat], version)).toBe(true);
        expect(await store.vectors.get(['a'])).toEqual([{ ...cat, database: 'cil' }]);
        expect((await store.registry.refresh()).version).toBe(version);
      });

      it('stores nothing where the registry has changed, by whomever', async () => {
        const { version } = await store.registry.update(() => ({ put: [classRecord('cat')] }));
        await (await second()).registry.update(() => ({ drop: ['cat'] }));
        expect(await store.insert([cat], version)).toBe(false);
        expect(await store.vectors.count()).toBe(0);
      });

      it('refuses a wrong dimension, and stores nothing', async () => {
        const wrong = { ...cat, id: 'b', vector: Float32Array.of(1) };
        await expect(store.insert([cat, wrong], 0)).rejects.toMatchObject({ code: 'wrong-dimension' });
        expect(await store.vectors.count()).toBe(0);
      });

      it('stores many at once', async () => {
        const many = Array.from({ length: 2000 }, (_, index) =>
          record(`n-${index}`, 'cat', [1, index, 0, 0]),
        );
        expect(await store.insert(many, 0)).toBe(true);
        expect(await store.vectors.count({ database: 'cil', classes: ['cat'] })).toBe(many.length);
      });
    });

    describe('withdrawn vectors', () => {
      const of = (id: string, subject?: string): VectorRecord => ({
        ...record(id, id.slice(0, 3), [1, 2, 3, 4]),
        ...(subject !== undefined && { subject }),
      });

      it('are gone, counted by class, and never inserted again', async () => {
        await store.insert([of('cat 1'), of('cat 2'), of('dog 1')], 0);
        expect(await store.vectors.withdraw(['cat 1', 'dog 1', 'none'])).toEqual(
          new Map([
            ['cat', 1],
            ['dog', 1],
          ]),
        );
        expect(await store.vectors.count()).toBe(1);
        expect(await store.vectors.count({ classes: ['cat'] })).toBe(1);
        expect(await store.vectors.get(['cat 1'])).toEqual([]);
        expect(await store.vectors.withdrawn(['cat 1', 'cat 2', 'none'])).toEqual(new Set(['cat 1', 'none']));
        expect(await store.insert([of('cat 3'), of('cat 1')], 0)).toBe(false);
        expect(await store.insert([of('cat 3')], 0)).toBe(true);
        expect(await store.vectors.withdraw(['cat 1'])).toEqual(new Map());
      });

      it('are found by their subject, as long as they are there', async () => {
        await store.insert(
          [of('cat 1', 'Ann: 1'), of('cat 2', 'Bob'), of('dog 1', 'Ann: 1'), of('dog 2')],
          0,
        );
        expect((await store.vectors.idsOf('Ann: 1')).sort()).toEqual(['cat 1', 'dog 1']);
        await store.vectors.withdraw(['cat 1']);
        expect(await store.vectors.idsOf('Ann: 1')).toEqual(['dog 1']);
        await store.vectors.upsert('cil', [of('dog 1', 'Bob')]);
        expect(await store.vectors.idsOf('Ann: 1')).toEqual([]);
        expect((await store.vectors.idsOf('Bob')).sort()).toEqual(['cat 2', 'dog 1']);
        await store.vectors.delete({ classes: ['dog'] });
        expect(await store.vectors.idsOf('Bob')).toEqual(['cat 2']);
      });
    });

    it('is ready', async () => {
      await expect(store.ready()).resolves.toBeUndefined();
    });
  });
}

function record(id: string, className: string, components: readonly number[]): VectorRecord {
  return { id, className, task: 't1', vector: normalised(Float32Array.from(components)) };
}
