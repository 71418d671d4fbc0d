import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClassState } from '../../../src/domain/classes.js';
import { normalised } from '../../../src/domain/vector.js';
import { relativeFilter } from '../../../src/model/filter/relative.js';
import { thresholdFilter } from '../../../src/model/filter/threshold.js';
import { createScreen, type ScreenOptions } from '../../../src/operators/screen.js';
import type { KnowledgeStore } from '../../../src/stores/knowledgeStore.js';
import { createMemoryStore } from '../../../src/stores/memory/createMemoryStore.js';

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
});
