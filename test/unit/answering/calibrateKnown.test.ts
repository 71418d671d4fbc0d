import { expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import { calibrateKnown } from '../../../src/answering/calibrateKnown.js';
import { relativeFilter } from '../../../src/model/filter/relative.js';
import { thresholdFilter } from '../../../src/model/filter/threshold.js';
import { DIMENSION, recordOf, storeOf, vectorsOf } from '../../support/knowledge.js';

const options = { share: 0.9, heldOut: 50, seed: 1 };

it('the level is noted in the registry, and told with what it rests on', async () => {
  const store = await storeOf({
    classes: [recordOf('cat'), recordOf('dog', { state: 'unlearned' })],
    cil: vectorsOf('cat', 5),
    mu: vectorsOf('dog', 5, 2),
  });
  const begun = performance.now();
  const event = await calibrateKnown(store, relativeFilter(1), options);
  // Each has a neighbour of its own class, nearer than any of the other.
  expect(event).toMatchObject({ kind: 'known-calibrated', share: 0.9, vectors: 10 });
  expect(event?.level).toBeGreaterThan(0.9);
  expect(event?.ms).toBeGreaterThan(0);
  expect(event?.ms).toBeLessThanOrEqual(performance.now() - begun);
  expect(store.registry.snapshot().knownLevel).toBe(event?.level);
});

it('a vector counts by the database where it has nearer ones', async () => {
  // One dog alone in DB-MU, which lies among the cats.
  const store = await storeOf({
    classes: [recordOf('cat'), recordOf('dog', { state: 'unlearned' })],
    cil: vectorsOf('cat', 5),
    mu: vectorsOf('dog', 1),
  });
  const event = await calibrateKnown(store, thresholdFilter(), { ...options, share: 1 });
  expect(event).toMatchObject({ vectors: 6 });
  expect(event?.level).toBeGreaterThan(0.9);
});

it('there is no level where nothing can be compared', async () => {
  const alone = await storeOf({ classes: [recordOf('cat')], cil: vectorsOf('cat', 1) });
  for (const store of [await storeOf({}), alone]) {
    expect(await calibrateKnown(store, relativeFilter(1), options)).toBeNull();
    expect(store.registry.snapshot().knownLevel).toBeNull();
  }
});

it('what is unknown is told at the level above which the wanted share of known inputs lies', async () => {
  const store = createMemoryStore({ dimension: DIMENSION });
  // Along an arc, ever farther from one another: each has a nearest of its own similarity.
  const records = Array.from({ length: 20 }, (_, index) => {
    const angle = (index * index * Math.PI) / 1600;
    const vector = Float32Array.of(Math.cos(angle), Math.sin(angle), 0, 0);
    return { id: `c${index}`, className: 'cat', task: 't1', vector };
  });
  await store.vectors.upsert('cil', records);
  await store.registry.update(() => ({ put: [recordOf('cat')] }));
  const heldOut = { heldOut: 50, seed: 1 };
  const levelFor = async (share: number): Promise<number> =>
    (await calibrateKnown(store, relativeFilter(1), { ...heldOut, share }))?.level ?? Number.NaN;
  const nearest = records
    .map(({ vector }, index) =>
      Math.max(
        ...records.flatMap((other, at) =>
          at === index ? [] : [vector.reduce((sum, value, i) => sum + value * (other.vector[i] ?? 0), 0)],
        ),
      ),
    )
    .sort((a, b) => a - b);
  expect(await levelFor(0.75)).toBeCloseTo(nearest[5] ?? 0, 5);
  expect(await levelFor(0.25)).toBeCloseTo(nearest[15] ?? 0, 5);
  expect(await store.registry.refresh()).toMatchObject({ knownLevel: expect.closeTo(nearest[15] ?? 0, 5) });
  await store.close();
});
