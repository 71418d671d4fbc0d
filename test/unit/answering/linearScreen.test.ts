import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import { createLinearScreen } from '../../../src/answering/linearScreen.js';
import { createScreen, type Screen } from '../../../src/answering/screen.js';
import type { ClassState } from '../../../src/domain/classes.js';
import { normalised } from '../../../src/domain/vector.js';
import { purgeClasses } from '../../../src/forgetting/purgeClasses.js';
import { unlearnSamples } from '../../../src/forgetting/unlearnSamples.js';
import { classCentre } from '../../../src/knowledge/classCentre.js';
import { relativeFilter } from '../../../src/model/filter/relative.js';
import { directFitter } from '../../support/directFitter.js';

/** Classes lie around the first three axes. */
const AXES = ['cat', 'dog', 'ship'];
const at = (axis: number, index: number): Float32Array =>
  normalised(Float32Array.from({ length: 4 }, (_, i) => (i === axis ? 9 : ((index * (i + 3)) % 7) / 4)));
const HELD_OUT = { perClass: 50, inAll: 200 };

describe('the linear screen', () => {
  let store: KnowledgeStore;
  let fitter: ReturnType<typeof directFitter>;
  let searches: number;
  let screen: Screen;
  beforeEach(() => {
    store = createMemoryStore({ dimension: 4 });
    fitter = directFitter({ dimension: 4, heldOut: HELD_OUT, seed: 1 });
    searches = 0;
    screen = screenWith(0.9);
  });
  afterEach(() => store.close());

  function screenWith(specificity: number | null, familiarity = false): Screen {
    const filter = relativeFilter(3);
    const search = createScreen(store, { filter, specificity, heldOut: 50, seed: 1, familiarity });
    const counted: Screen = {
      ...search,
      assess: (vectors) => {
        searches++;
        return search.assess(vectors);
      },
    };
    return createLinearScreen(store, { fitter, search: counted, specificity, familiarity });
  }

  async function learned(name: string, count = 30): Promise<void> {
    const records = Array.from({ length: count }, (_, index) => ({
      id: `${name}-${index}`,
      className: name,
      task: 't',
      vector: at(AXES.indexOf(name), index),
    }));
    await store.vectors.upsert('cil', records);
    await put(name, 'learned');
  }
  async function put(name: string, state: ClassState): Promise<void> {
    const centre = await classCentre(store.vectors, name);
    await store.registry.update(() => ({ put: [{ name, state, task: 't', ...centre }] }));
  }
  async function moved(name: string, state: 'learned' | 'unlearned'): Promise<void> {
    const [from, to] = state === 'learned' ? (['mu', 'cil'] as const) : (['cil', 'mu'] as const);
    const record = store.registry.snapshot().classes.get(name);
    if (record) await store.migrate(() => ({ from, to, classes: [{ ...record, state }] }));
  }
  const verdicts = async (...inputs: Float32Array[]): Promise<boolean[]> =>
    (await screen.assess(inputs)).map(({ filtered }) => filtered);

  it('tells a class from the moment that it changes sides, without a search and without a new detector', async () => {
    for (const name of AXES) await learned(name);
    expect(await screen.calibrate()).toBeNull();
    const { detector } = store.registry.snapshot();
    expect(detector).toMatch(/^[0-9a-f]{64}$/);
    await moved('cat', 'unlearned');
    expect(await verdicts(at(0, 3), at(1, 3), at(2, 3))).toEqual([true, false, false]);
    await moved('dog', 'unlearned');
    expect(await verdicts(at(0, 3), at(1, 3), at(2, 3))).toEqual([true, true, false]);
    await moved('cat', 'learned');
    expect(await verdicts(at(0, 3), at(1, 3), at(2, 3))).toEqual([false, true, false]);
    expect(store.registry.snapshot().detector).toBe(detector);
    expect(searches).toBe(0);
  });

  it('says how far an input lies beyond the level, and of similarities nothing', async () => {
    for (const name of AXES) await learned(name);
    await screen.calibrate();
    await moved('cat', 'unlearned');
    const [cat, dog] = await screen.assess([at(0, 3), at(1, 3)]);
    expect(cat).toEqual({
      filtered: true,
      margin: expect.any(Number),
      unlearnedSimilarity: null,
      remainingSimilarity: null,
    });
    expect(cat?.margin).toBeGreaterThan(0);
    expect(dog?.margin).toBeLessThan(0);
  });

  it('filters nothing while nothing is unlearned, and everything where nothing remains', async () => {
    for (const name of AXES) await learned(name);
    await screen.calibrate();
    expect(await verdicts(at(0, 3))).toEqual([false]);
    for (const name of AXES) await moved(name, 'unlearned');
    expect(await verdicts(at(0, 3), at(2, 1))).toEqual([true, true]);
    expect((await screen.assess([at(0, 3)]))[0]).not.toHaveProperty('margin');
    expect(searches).toBe(0);
  });

  it('tells its calibration for the sides that there are', async () => {
    for (const name of AXES) await learned(name);
    await moved('cat', 'unlearned');
    expect(await screen.calibrate()).toMatchObject({
      kind: 'filter-calibrated',
      filter: 'linear',
      specificity: 1,
      recall: 1,
    });
    screen = screenWith(null);
    expect(await screen.calibrate()).toBeNull();
    expect(await verdicts(at(0, 3), at(1, 3))).toEqual([true, false]);
  });

  it('searches while the detector lacks a class, until it is made anew of that class alone', async () => {
    await learned('cat');
    await learned('dog');
    await screen.calibrate();
    await moved('cat', 'unlearned');
    await learned('ship');
    expect(await screen.keepUp()).toBe(false);
    expect(await verdicts(at(0, 3), at(2, 3))).toEqual([true, false]);
    expect(searches).toBe(1);
    await screen.calibrate();
    expect(await screen.keepUp()).toBe(true);
    expect(await verdicts(at(0, 3), at(2, 3))).toEqual([true, false]);
    expect(searches).toBe(1);
    expect(fitter.added).toEqual(['cat', 'dog', 'ship']);
  });

  it('drops the detector with the vectors of an erased class, and makes the next one without them', async () => {
    for (const name of AXES) await learned(name);
    await screen.calibrate();
    await moved('cat', 'unlearned');
    const { classes, detector } = store.registry.snapshot();
    const cat = { ...classes.get('cat'), erasing: 'e1' } as NonNullable<ReturnType<typeof classes.get>>;
    await store.registry.update(() => ({ put: [cat] }));
    await purgeClasses({ commandId: 'e1', classes: [cat] }, store);
    expect(store.registry.snapshot().detector).toBeNull();
    expect(await store.detector(detector ?? '')).toBeNull();

    await screen.calibrate();
    const fresh = directFitter({ dimension: 4, heldOut: HELD_OUT, seed: 1 });
    const other = createLinearScreen(store, {
      fitter: fresh,
      search: screen,
      specificity: 0.9,
      familiarity: false,
    });
    const made = store.registry.snapshot().detector;
    await store.registry.update(() => ({ detector: null }));
    await other.calibrate();
    expect(made).not.toBeNull();
    expect(store.registry.snapshot().detector).toBe(made);
  });

  it('drops the detector with single samples', async () => {
    for (const name of AXES) await learned(name);
    await screen.calibrate();
    await moved('cat', 'unlearned');
    const command = { id: 'u1', position: 'c/0/0' };
    await unlearnSamples({ ...command, samples: { ids: ['nothing'] } }, store, 0);
    expect(store.registry.snapshot().detector).not.toBeNull();
    await unlearnSamples({ ...command, id: 'u2', samples: { ids: ['dog-1'] } }, store, 0);
    expect(store.registry.snapshot().detector).toBeNull();
    await screen.calibrate();
    expect(fitter.added).toEqual([...AXES, ...AXES]);
    expect(await verdicts(at(0, 3), at(1, 3))).toEqual([true, false]);
  });

  it('keeps no detector that was made of a class which is gone by then', async () => {
    for (const name of AXES) await learned(name);
    const make = fitter.detector.bind(fitter);
    fitter.detector = async (keys) => {
      await put('cat', 'erased');
      return make(keys);
    };
    expect(await screen.calibrate()).toBeNull();
    expect(store.registry.snapshot().detector).toBeNull();
  });

  it('makes none of a class whose vectors are missing', async () => {
    await learned('cat');
    await learned('dog');
    await store.vectors.delete({ classes: ['dog'] });
    expect(await screen.calibrate()).toBeNull();
    expect([store.registry.snapshot().detector, fitter.held.size]).toEqual([null, 0]);
  });

  it('finds the similarities, too, where what is unknown is told by them', async () => {
    for (const name of AXES) await learned(name);
    await screen.calibrate();
    screen = screenWith(0.9, true);
    expect((await screen.assess([at(1, 3)]))[0]?.remainingSimilarity).toBeCloseTo(1, 2);
    await moved('cat', 'unlearned');
    const [cat] = await screen.assess([at(0, 3)]);
    expect(cat).toMatchObject({
      filtered: true,
      margin: expect.any(Number),
      unlearnedSimilarity: expect.closeTo(1, 2),
    });
  });

  it('needs nothing while nothing is learned', async () => {
    expect(await screen.keepUp()).toBe(true);
    expect(await screen.calibrate()).toBeNull();
    await put('cat', 'learning');
    expect(await screen.keepUp()).toBe(true);
  });

  it('does not read what another version of Lethe left', async () => {
    for (const name of AXES) await learned(name);
    await store.registry.update(() => ({ detector: Buffer.from('of another version') }));
    expect(await screen.keepUp()).toBe(false);
    await moved('cat', 'unlearned');
    expect(await verdicts(at(0, 3))).toEqual([true]);
    expect(searches).toBe(1);
    await screen.calibrate();
    expect(await screen.keepUp()).toBe(true);
  });
});
