import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import { createLinearScreen } from '../../../src/answering/linearScreen.js';
import { createRefining } from '../../../src/answering/refining.js';
import { createScreen, type Screen } from '../../../src/answering/screen.js';
import { normalised } from '../../../src/domain/vector.js';
import { classCentre } from '../../../src/knowledge/classCentre.js';
import { relativeFilter } from '../../../src/model/filter/relative.js';
import { randomOf } from '../../../src/model/ssre/random.js';
import { directFitter } from '../../support/directFitter.js';

const COUNT = 120;
const FILTER = relativeFilter(5);

/** Cats lie on both sides of the dogs, where no line tells them apart; ships lie elsewhere. */
const clump = (name: string, index: number): number => (name === 'cat' ? (index % 2 === 0 ? 0.3 : -0.3) : 0);
function vectorOf(name: string, index: number): Float32Array {
  const random = randomOf(index, name.length + name.charCodeAt(0));
  const [far, aside] = name === 'ship' ? [0, 1] : [1, 0];
  const noise = Array.from({ length: 4 }, () => 0.08 * random.normal());
  const [a = 0, b = 0, c = 0, d = 0] = noise;
  return normalised(Float32Array.of(far + a, aside + b, clump(name, index) + c, d));
}

describe('the second look of the filter', () => {
  let store: KnowledgeStore;
  let searched: number;
  let screen: Screen;
  beforeEach(async () => {
    store = createMemoryStore({ dimension: 4 });
    searched = 0;
    const search = createScreen(store, { filter: FILTER, specificity: 0.9, heldOut: 200, seed: 1 });
    const counted: Screen = {
      ...search,
      assess: (vectors) => {
        searched += vectors.length;
        return search.assess(vectors);
      },
    };
    screen = createLinearScreen(store, {
      fitter: directFitter({ dimension: 4, heldOut: { perClass: 100, inAll: 300 }, seed: 1 }),
      search: counted,
      specificity: 0.9,
      familiarity: false,
      refining: createRefining(store, { search: counted, filter: FILTER, specificity: 0.9, heldOut: 200 }),
    });
    for (const name of ['cat', 'dog', 'ship']) await learned(name);
    await screen.calibrate();
    await moved('cat', 'unlearned');
  });
  afterEach(() => store.close());

  async function learned(name: string): Promise<void> {
    const records = Array.from({ length: COUNT }, (_, index) => {
      return { id: `${name}-${index}`, className: name, task: 't', vector: vectorOf(name, index) };
    });
    await store.vectors.upsert('cil', records);
    const centre = await classCentre(store.vectors, name);
    await store.registry.update(() => ({ put: [{ name, state: 'learned', task: 't', ...centre }] }));
  }
  async function moved(name: string, state: 'learned' | 'unlearned'): Promise<void> {
    const [from, to] = state === 'learned' ? (['mu', 'cil'] as const) : (['cil', 'mu'] as const);
    const record = store.registry.snapshot().classes.get(name);
    if (record) await store.migrate(() => ({ from, to, classes: [{ ...record, state }] }));
  }
  const asked = (name: string) => Array.from({ length: 100 }, (_, index) => vectorOf(name, 1000 + index));
  const recall = async (): Promise<number> =>
    (await screen.assess(asked('cat'))).filter(({ filtered }) => filtered).length;

  it('finds more than the detector alone, at the wanted specificity, and searches for few inputs', async () => {
    const alone = await recall();
    expect(searched).toBe(0);
    expect(await screen.calibrate()).toMatchObject({ filter: 'linear+knn', specificity: expect.any(Number) });
    expect(store.registry.snapshot().filterLevel).toMatchObject({ filter: 'linear+knn' });
    expect(await recall()).toBeGreaterThan(alone);
    const dogs = await screen.assess(asked('dog'));
    expect(dogs.filter(({ filtered }) => filtered).length).toBeLessThan(20);
    expect(searched).toBeGreaterThan(0);
    expect(searched).toBeLessThan(120);
  });

  it('has the similarities as evidence where it searched, and the margin everywhere', async () => {
    await screen.calibrate();
    const found = [...(await screen.assess(asked('cat'))), ...(await screen.assess(asked('ship')))];
    expect(found.filter(({ unlearnedSimilarity }) => unlearnedSimilarity !== null)).toHaveLength(searched);
    for (const { filtered, margin } of found) expect(filtered).toBe((margin ?? Number.NaN) >= 0);
  });

  it('leaves it to the detector while its level is one of other sides', async () => {
    await screen.calibrate();
    await moved('ship', 'unlearned');
    searched = 0;
    await screen.assess(asked('cat'));
    expect(searched).toBe(0);
    await screen.calibrate();
    await screen.assess(asked('cat'));
    expect(searched).toBeGreaterThan(0);
  });

  it('notes no level where a class changed sides meanwhile', async () => {
    const get = store.vectors.get.bind(store.vectors);
    store.vectors.get = async (ids) => {
      await moved('ship', 'unlearned');
      return get(ids);
    };
    expect(await screen.calibrate()).toMatchObject({ filter: 'linear' });
    expect(store.registry.snapshot().filterLevel).toBeNull();
  });

  it('is the detector where there is nothing to find a level with', async () => {
    for (const name of ['dog', 'ship']) await moved(name, 'unlearned');
    expect(await screen.calibrate()).toBeNull();
    expect((await screen.assess(asked('cat'))).every(({ filtered }) => filtered)).toBe(true);
    expect(searched).toBe(0);
  });
});
