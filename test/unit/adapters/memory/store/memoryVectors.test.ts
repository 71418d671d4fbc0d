import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryVectors } from '../../../../../src/adapters/memory/store/memoryVectors.js';
import type { VectorRecord } from '../../../../../src/adapters/vectorDatabase.js';
import { normalised, stacked } from '../../../../../src/domain/vector.js';
import { ReferenceVectors } from '../../../../support/contracts/referenceVectors.js';
import { expectNearest, recordsOf } from '../../../../support/contracts/sameAsReference.js';

/** So large that a block holds 16 vectors only. */
const DIMENSION = 2 ** 16;
const BLOCK = 16;

/** A unit vector with two components other than zero. */
function vectorOf(seed: number): Float32Array {
  const vector = new Float32Array(DIMENSION);
  vector[(seed * 7919) % 50] = 1;
  vector[50 + ((seed * 104729) % 50)] = (seed % 5) / 4;
  return normalised(vector);
}

function record(number: number, className: string): VectorRecord {
  return { id: `id-${number}`, className, task: 't', vector: vectorOf(number) };
}

function records(count: number, className: string, from = 0): VectorRecord[] {
  return Array.from({ length: count }, (_, index) => record(from + index, className));
}

/** Much faster than toEqual on vectors of this length. */
function isSame(a: Float32Array, b: Float32Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  );
}

describe('vectors in memory', () => {
  let vectors: MemoryVectors;
  beforeEach(() => {
    vectors = new MemoryVectors(DIMENSION);
  });
  afterEach(() => vectors.release());

  it('are kept right over many blocks while ids change their class', async () => {
    const batch = fc.record({
      className: fc.constantFrom('cat', 'dog'),
      numbers: fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 5 }), async (batches) => {
        const own = new MemoryVectors(DIMENSION);
        const reference = new ReferenceVectors();
        for (const { className, numbers } of batches) {
          const upserted = numbers.map((number) => record(number, className));
          await own.upsert('cil', upserted);
          reference.upsert('cil', upserted);
        }
        for (const classes of [['cat'], ['dog']]) {
          const stored = await recordsOf(own.scan({ classes }));
          const expected = reference.matching({ classes });
          expect(stored.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id).sort());
          for (const { id, vector } of stored)
            expect(isSame(vector, vectorOf(Number(id.slice(3))))).toBe(true);
          const query = vectorOf(3);
          const [found = []] = await own.knn(query, { k: 20, database: 'cil', classes });
          expectNearest(found, reference.similarities(query, { classes }), 20);
        }
        await own.release();
      }),
      { numRuns: 10 },
    );
  });

  it('that are equally near come in the order of their insertion, over classes and blocks', async () => {
    const same = vectorOf(1);
    const inserted = Array.from({ length: 2 * BLOCK + 5 }, (_, index): VectorRecord => {
      return { id: `id-${index}`, className: index % 3 === 0 ? 'cat' : 'dog', task: 't', vector: same };
    });
    await vectors.upsert('cil', inserted);
    for (const k of [1, 7, inserted.length]) {
      const [found = []] = await vectors.knn(same, { k, database: 'cil' });
      expect(found.map(({ id }) => id)).toEqual(inserted.slice(0, k).map(({ id }) => id));
    }
  });

  it('get the same similarities whatever else is asked in the same batch', async () => {
    await vectors.upsert('cil', records(40, 'cat'));
    const queries = Array.from({ length: 33 }, (_, index) => vectorOf(index + 11));
    const together = await vectors.knn(stacked(queries, DIMENSION), { k: 5, database: 'cil' });
    for (const [index, query] of queries.entries()) {
      const [alone] = await vectors.knn(query, { k: 5, database: 'cil' });
      expect(together[index]?.map(({ similarity }) => similarity)).toEqual(
        alone?.map(({ similarity }) => similarity),
      );
    }
  });

  it('answer a search from the state at its call, whatever is written before it ends', async () => {
    await vectors.upsert('cil', [...records(40, 'cat'), ...records(10, 'dog', 100)]);
    const query = vectorOf(2);
    const before = await vectors.knn(query, { k: 50, database: 'cil' });

    const searching = vectors.knn(query, { k: 50, database: 'cil' });
    await vectors.upsert(
      'cil',
      records(20, 'cat').map((each) => ({ ...each, vector: vectorOf(99) })),
    );
    await vectors.upsert('cil', records(20, 'dog', 20));
    await vectors.upsert('cil', records(30, 'cat', 200));
    await vectors.move(['dog'], 'cil', 'mu');
    await vectors.delete({ classes: ['cat'] });
    expect(await searching).toEqual(before);
    expect(await vectors.count({ database: 'cil' })).toBe(0);
    expect(await vectors.count({ database: 'mu' })).toBe(30);
  });

  it('are scanned as they were at the call', async () => {
    const stored = records(40, 'cat');
    await vectors.upsert('cil', stored);
    const scan = vectors.scan({ database: 'cil' }, 4);
    await vectors.upsert('cil', [{ ...record(0, 'cat'), vector: vectorOf(98) }]);
    await vectors.move(['cat'], 'cil', 'mu');
    await vectors.delete({});
    const scanned = await recordsOf(scan);
    expect(scanned.map(({ id }) => id)).toEqual(stored.map(({ id }) => id));
    for (const [index, { vector }] of stored.entries()) {
      expect(isSame(scanned[index]?.vector ?? new Float32Array(), vector)).toBe(true);
    }
  });

  it('let others have the event loop between the blocks of a search', async () => {
    await vectors.upsert('cil', records(5 * BLOCK, 'cat'));
    await vectors.knn(vectorOf(1), { k: 1, database: 'cil' });
    let turns = 0;
    let searching = true;
    const count = (): void => {
      turns++;
      if (searching) setImmediate(count);
    };
    setImmediate(count);
    await vectors.knn(vectorOf(1), { k: 1, database: 'cil' });
    searching = false;
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  it('are found in a block with a single one', async () => {
    await vectors.upsert('cil', [record(1, 'cat')]);
    const [found = []] = await vectors.knn(vectorOf(1), { k: 3, database: 'cil' });
    expect(found.map(({ id }) => id)).toEqual(['id-1']);
    expect(found[0]?.similarity).toBeCloseTo(1, 6);
  });

  it('are not searched for no neighbours', async () => {
    await expect(vectors.knn(vectorOf(1), { k: 0, database: 'cil' })).rejects.toThrow(RangeError);
  });
});
