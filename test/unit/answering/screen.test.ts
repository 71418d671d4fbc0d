import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import { createScreen, type ScreenOptions } from '../../../src/answering/screen.js';
import type { ClassState } from '../../../src/domain/classes.js';
import { normalised } from '../../../src/domain/vector.js';
import { relativeFilter } from '../../../src/model/filter/relative.js';
import { thresholdFilter } from '../../../src/model/filter/threshold.js';

const OPTIONS: ScreenOptions = { filter: relativeFilter(3), specificity: 0.9, heldOut: 50, seed: 1 };

/** Cats lie around one axis, dogs around another. */
const cat = (index: number): Float32Array => normalised(Float32Array.of(10, 0, index % 7, index % 5));
const dog = (index: number): Float32Array => normalised(Float32Array.of(0, 10, index % 7, index % 5));

describe('the screen', () => {
  let store: KnowledgeStore;
  beforeEach(() => {
    store = createMemoryStore({ dimension: 4 });
  });
  afterEach(() => store.close());

  async function stored(counts: Readonly<Record<'cat' | 'dog', number>>, cats: ClassState): Promise<void> {
    for (const [className, count] of Object.entries(counts)) {
      const vectorOf = className === 'cat' ? cat : dog;
      const records = Array.from({ length: count }, (_, index) => {
        return { id: `${className}-${index}`, className, task: 't', vector: vectorOf(index) };
      });
      await store.vectors.upsert('cil', records);
    }
    const rest = { task: 't', count: 1, centroid: null };
    await store.registry.update(() => ({ put: [{ name: 'dog', state: 'learned', ...rest }] }));
    await store.registry.update(() => ({ put: [{ name: 'cat', state: cats, ...rest }] }));
    if (cats === 'unlearned') await store.vectors.move(['cat'], 'cil', 'mu');
  }

  it('stops inputs of unlearned classes and lets others pass, with the similarities as evidence', async () => {
    await stored({ cat: 30, dog: 30 }, 'unlearned');
    const [first, second] = await createScreen(store, OPTIONS).assess([cat(3), dog(3)]);
    expect(first).toMatchObject({ filtered: true, unlearnedSimilarity: expect.closeTo(1, 2) });
    expect(second).toMatchObject({ filtered: false, remainingSimilarity: expect.closeTo(1, 2) });
    expect(first?.unlearnedSimilarity).toBeGreaterThan(first?.remainingSimilarity ?? 1);
  });

  it('filters nothing while nothing is unlearned', async () => {
    await stored({ cat: 30, dog: 30 }, 'learned');
    expect(await createScreen(store, OPTIONS).assess([cat(1)])).toEqual([
      { filtered: false, unlearnedSimilarity: null, remainingSimilarity: null },
    ]);
  });

  it('calibrates on vectors that do not find themselves', async () => {
    await stored({ cat: 30, dog: 30 }, 'unlearned');
    const screen = createScreen(store, { ...OPTIONS, filter: thresholdFilter(0.999), seed: 2 });
    const calibrated = await screen.calibrate();
    expect(calibrated).toMatchObject({ filter: 'threshold', specificity: 1, recall: 1 });
    // Dogs are less than 0.5 similar to cats, so the level lies between that and the similarity of cats among themselves.
    expect(calibrated?.level).toBeGreaterThan(0.5);
    expect(calibrated?.level).toBeLessThan(0.999);
  });

  it('calibrates to the same level with the same seed', async () => {
    await stored({ cat: 90, dog: 90 }, 'unlearned');
    const levels = [1, 1].map(async (seed) => {
      return (await createScreen(store, { ...OPTIONS, heldOut: 10, seed }).calibrate())?.level;
    });
    const [once, again] = await Promise.all(levels);
    expect(once).toBeTypeOf('number');
    expect(again).toBe(once);
  });

  it('keeps its level where there is nothing to compare', async () => {
    await stored({ cat: 30, dog: 30 }, 'learned');
    expect(await createScreen(store, OPTIONS).calibrate()).toBeNull();
    expect(await createScreen(store, { ...OPTIONS, specificity: null }).calibrate()).toBeNull();
  });

  it('keeps its level where a held-out vector has no others to be compared with', async () => {
    await stored({ cat: 1, dog: 1 }, 'unlearned');
    expect(await createScreen(store, OPTIONS).calibrate()).toBeNull();
  });

  it('keeps its level where a class changed sides meanwhile', async () => {
    await stored({ cat: 30, dog: 30 }, 'unlearned');
    const count = store.vectors.count.bind(store.vectors);
    store.vectors.count = async (filter) => {
      await store.registry.update(({ classes }) => {
        const record = classes.get('cat');
        return record ? { put: [{ ...record, state: 'learned' }] } : null;
      });
      return count(filter);
    };
    expect(await createScreen(store, OPTIONS).calibrate()).toBeNull();
    expect(store.registry.snapshot().filterLevel).toBeNull();
  });

  it('tells its calibration, and notes it for all workers', async () => {
    await stored({ cat: 30, dog: 30 }, 'unlearned');
    const begun = performance.now();
    const calibrated = await createScreen(store, OPTIONS).calibrate();
    expect(calibrated).toMatchObject({ kind: 'filter-calibrated', filter: 'relative' });
    expect(calibrated?.ms).toBeGreaterThan(0);
    expect(calibrated?.ms).toBeLessThanOrEqual(performance.now() - begun);
    expect(store.registry.snapshot().filterLevel).toEqual({ filter: 'relative', level: calibrated?.level });
  });

  it('decides at the level of its own filter, and at the first one where calibration is off', async () => {
    await stored({ cat: 30, dog: 30 }, 'unlearned');
    const threshold = { ...OPTIONS, filter: thresholdFilter(0.5) };
    const filtersCatAt = async (
      filter: string,
      level: number,
      options: ScreenOptions,
    ): Promise<boolean | undefined> => {
      await store.registry.update(() => ({ filterLevel: { filter, level } }));
      return (await createScreen(store, options).assess([cat(1)]))[0]?.filtered;
    };
    expect(await filtersCatAt('threshold', 2, threshold)).toBe(false);
    expect(await filtersCatAt('relative', 2, threshold)).toBe(true);
    expect(await filtersCatAt('threshold', 2, { ...threshold, specificity: null })).toBe(true);
  });

  it('says nothing of the similarity to DB-CIL where the filter does not ask, unless it is to tell what is unknown', async () => {
    await stored({ cat: 30, dog: 30 }, 'unlearned');
    const threshold = { ...OPTIONS, filter: thresholdFilter(0.5) };
    const [plain] = await createScreen(store, threshold).assess([dog(1)]);
    expect(plain).toMatchObject({ unlearnedSimilarity: expect.any(Number), remainingSimilarity: null });
    const [familiar] = await createScreen(store, { ...threshold, familiarity: true }).assess([dog(1)]);
    expect(familiar?.remainingSimilarity).toBeCloseTo(1, 2);
  });

  it('finds out what is unknown also while nothing is unlearned', async () => {
    await stored({ cat: 30, dog: 30 }, 'learned');
    const [found] = await createScreen(store, { ...OPTIONS, familiarity: true }).assess([dog(1)]);
    expect(found).toMatchObject({
      filtered: false,
      unlearnedSimilarity: null,
      remainingSimilarity: expect.closeTo(1, 2),
    });
  });

  it('takes the mean of the k nearest for the similarity', async () => {
    await stored({ cat: 30, dog: 30 }, 'unlearned');
    const of = async (k: number) =>
      (await createScreen(store, { ...OPTIONS, filter: relativeFilter(k) }).assess([cat(0)]))[0];
    expect((await of(1))?.unlearnedSimilarity).toBeGreaterThan((await of(20))?.unlearnedSimilarity ?? 1);
  });

  it('keeps its level where it is not to be calibrated', async () => {
    await stored({ cat: 30, dog: 30 }, 'unlearned');
    expect(await createScreen(store, { ...OPTIONS, specificity: null }).calibrate()).toBeNull();
  });

  it.each([
    { cat: 1, dog: 30 },
    { cat: 30, dog: 1 },
  ])('keeps its level where one side alone can be compared: %o', async (counts) => {
    await stored(counts, 'unlearned');
    expect(await createScreen(store, OPTIONS).calibrate()).toBeNull();
  });
});
