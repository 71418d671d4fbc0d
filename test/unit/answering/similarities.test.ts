import { describe, expect, it } from 'vitest';
import type { KnnOptions } from '../../../src/adapters/vectorDatabase.js';
import { leaveOneOut, similarities } from '../../../src/answering/similarities.js';
import { relativeFilter } from '../../../src/model/filter/relative.js';
import { thresholdFilter } from '../../../src/model/filter/threshold.js';
import { near, recordOf, storeOf, vectorsOf } from '../../support/knowledge.js';

/** Cats in DB-MU near axis 0; dogs, which are learned, and birds, which are not yet, in DB-CIL near axes 1 and 0. */
async function animals(cats = 3, dogs = 3) {
  const store = await storeOf({
    classes: [
      recordOf('cat', { state: 'unlearned' }),
      recordOf('dog'),
      recordOf('bird', { state: 'learning' }),
    ],
    cil: [...vectorsOf('dog', dogs, 1), ...vectorsOf('bird', 3)],
    mu: vectorsOf('cat', cats),
  });
  const asked: KnnOptions[] = [];
  const knn = store.vectors.knn.bind(store.vectors);
  store.vectors.knn = (queries, options) => {
    asked.push(options);
    return knn(queries, options);
  };
  return { store, asked };
}

describe('similarities', () => {
  it('are those to the nearest k of DB-MU, and of the learned classes in DB-CIL', async () => {
    const { store, asked } = await animals();
    const [cat, dog] = await similarities(Float32Array.of(...near(0), ...near(1)), store, relativeFilter(2));
    expect(cat?.unlearned).toEqual([expect.closeTo(1, 5), expect.closeTo(0.995, 3)]);
    expect(cat?.remaining).toEqual([expect.closeTo(0, 5), expect.closeTo(0, 5)]);
    expect(dog?.remaining[0]).toBeCloseTo(1, 5);
    expect(dog?.unlearned[0]).toBeLessThan(0.3);
    expect(asked).toEqual([
      { k: 2, database: 'mu', background: false },
      { k: 2, database: 'cil', classes: ['dog'], background: false },
    ]);
  });

  it('to DB-CIL are not asked for where the filter does not use them', async () => {
    const { store, asked } = await animals();
    const [cat] = await similarities(near(0), store, thresholdFilter());
    expect(cat).toEqual({ unlearned: [expect.closeTo(1, 5)], remaining: [] });
    expect(asked).toHaveLength(1);
  });

  it('leave out the vector that is held out, and let other searches go before', async () => {
    const { store, asked } = await animals();
    const [cat] = await similarities(near(0), store, relativeFilter(2), ['cat-0']);
    expect(cat?.unlearned).toEqual([expect.closeTo(0.995, 3), expect.closeTo(0.981, 3)]);
    expect(asked).toMatchObject([
      { k: 3, background: true },
      { k: 3, background: true },
    ]);
    // Where it is not found by itself, one too many is.
    const [other] = await similarities(near(0), store, relativeFilter(2), ['nobody']);
    expect(other?.unlearned).toHaveLength(2);
  });
});

describe('leaving one out', () => {
  it('looks at a sample of the learned classes and of DB-MU, each vector without itself', async () => {
    const { store } = await animals(2, 4);
    const [remaining, unlearned] = await leaveOneOut(store, relativeFilter(9), { heldOut: 50, seed: 1 });
    expect(remaining.map((each) => [each.remaining.length, each.unlearned.length])).toEqual(
      Array.from({ length: 4 }, () => [3, 2]),
    );
    expect(unlearned.map((each) => [each.remaining.length, each.unlearned.length])).toEqual([
      [4, 1],
      [4, 1],
    ]);
  });

  it('takes no more of each database than wanted, in portions that leave room for live queries', async () => {
    const { store, asked } = await animals(40, 90);
    const [remaining, unlearned] = await leaveOneOut(store, thresholdFilter(), { heldOut: 64, seed: 1 });
    expect([remaining.length, unlearned.length]).toEqual([64, 40]);
    // Two portions of 32 each; the last of DB-MU has 8.
    expect(asked).toHaveLength(4);
  });
});
