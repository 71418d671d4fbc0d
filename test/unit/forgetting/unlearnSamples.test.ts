import { describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import type { ClassRecord } from '../../../src/domain/classes.js';
import { effectSchema, eventOf } from '../../../src/domain/effects.js';
import { type Samples, unlearnSamples } from '../../../src/forgetting/unlearnSamples.js';
import { modelOf, near, recordOf, storeOf, taskOf, vectorsOf } from '../../support/knowledge.js';

const forget = (store: KnowledgeStore, samples: Samples, startedAt = 0) =>
  unlearnSamples({ id: 'u1', position: 'commands/0/3', samples }, store, startedAt);
const classOf = (store: KnowledgeStore, name: string): ClassRecord | undefined =>
  store.registry.snapshot().classes.get(name);

/** Cats and dogs that model v1 knows. */
const learned = () =>
  storeOf({
    classes: [recordOf('cat', { count: 3 }), recordOf('dog', { count: 1 })],
    cil: [...vectorsOf('cat', 3), ...vectorsOf('dog', 1, 1)],
    model: modelOf('v1', 'cat', 'dog'),
  });

describe('unlearning samples by id', () => {
  it('deletes them for good, and corrects count and centroid by what is left', async () => {
    const store = await learned();
    const event = await forget(store, { ids: ['cat-1', 'cat-2', 'cat-1', 'nobody'] }, performance.now() - 50);
    expect(event).toEqual({
      kind: 'samples-unlearned',
      commandId: 'u1',
      by: 'id',
      asked: 3,
      classes: [{ name: 'cat', removed: 2, remaining: 1 }],
      registryVersion: store.registry.snapshot().version,
      ms: expect.any(Number),
    });
    expect(event.ms).toBeGreaterThanOrEqual(50);
    expect(event.ms).toBeLessThan(60_000);
    expect(await store.vectors.count({ classes: ['cat'] })).toBe(1);
    expect([...(await store.vectors.withdrawn(['cat-1', 'nobody', 'cat-0']))].sort()).toEqual([
      'cat-1',
      'nobody',
    ]);
    // The model has seen them until it is made anew.
    expect(classOf(store, 'cat')).toEqual(recordOf('cat', { count: 1, centroid: near(0), withdrawn: 2 }));
    expect(classOf(store, 'dog')).toEqual(recordOf('dog'));
    const receipt = await store.registry.receipt('u1');
    expect(receipt).toMatchObject({ position: 'commands/0/3' });
    expect(receipt && eventOf(effectSchema.parse(receipt.details), receipt, 0)).toEqual({
      ...event,
      ms: expect.any(Number),
    });
  });

  it('unlearns a class of which nothing remains', async () => {
    const store = await learned();
    const { classes } = await forget(store, { ids: ['dog-0'] });
    expect(classes).toEqual([{ name: 'dog', removed: 1, remaining: 0 }]);
    const emptied = { state: 'unlearned', count: 0, centroid: null, withdrawn: 1 } as const;
    expect(classOf(store, 'dog')).toEqual(recordOf('dog', emptied));
  });

  it('adds to what was withdrawn before', async () => {
    const store = await learned();
    await store.registry.update(() => ({ put: [recordOf('cat', { withdrawn: 4 })] }));
    await forget(store, { ids: ['cat-0'] });
    expect(classOf(store, 'cat')?.withdrawn).toBe(5);
  });

  it('asks for no rebuild of a model that never saw the class', async () => {
    const store = await learned();
    await store.registry.update(() => ({
      put: [recordOf('cat', { state: 'rebuilt' })],
      model: modelOf('v2', 'dog'),
    }));
    await forget(store, { ids: ['cat-0'] });
    expect(classOf(store, 'cat')).toMatchObject({ state: 'rebuilt', count: 2 });
    expect(classOf(store, 'cat')).not.toHaveProperty('withdrawn');
  });

  it('asks for one where a task is under way that may be training with them', async () => {
    const store = await storeOf({
      classes: [recordOf('cat', { state: 'unlearned' })],
      tasks: [taskOf('t2')],
      mu: vectorsOf('cat', 2),
    });
    await forget(store, { ids: ['cat-0'] });
    expect(classOf(store, 'cat')).toMatchObject({ state: 'unlearned', count: 1, withdrawn: 1 });
  });

  it('keeps a class that is learning: others of it may come, and its task waits for these no more', async () => {
    const store = await storeOf({
      classes: [
        recordOf('cat', { state: 'learning', task: 't2', count: 0 }),
        recordOf('dog', { state: 'learning', task: 't2' }),
      ],
      tasks: [
        taskOf('t2', { samples: 5 }),
        taskOf('relearn-r1', { samples: 0 }),
        taskOf('t1', { state: 'told', samples: 9 }),
      ],
      cil: vectorsOf('cat', 2),
    });
    await forget(store, { ids: ['cat-0', 'cat-1'] });
    // Said twice: before the first one goes, and after.
    expect(classOf(store, 'cat')).toEqual(
      recordOf('cat', { state: 'learning', task: 't2', count: 0, withdrawn: 4 }),
    );
    expect(classOf(store, 'dog')).not.toHaveProperty('withdrawn');
    expect(await store.registry.refusedOf('t2')).toEqual({ named: 2, nameless: 0 });
    expect(await store.registry.refusedOf('relearn-r1')).toEqual({ named: 0, nameless: 0 });
    expect(await store.registry.refusedOf('t1')).toEqual({ named: 0, nameless: 0 });
  });

  it('counts what nobody announced', async () => {
    const store = await storeOf({ cil: vectorsOf('bird', 2) });
    const { classes } = await forget(store, { ids: ['bird-0', 'bird-1'] });
    expect(classes).toEqual([{ name: 'bird', removed: 2, remaining: 0 }]);
    expect(classOf(store, 'bird')).toBeUndefined();
  });

  it('tells what was deleted also where the worker died after the deletion', async () => {
    const store = await learned();
    const { update } = store.registry;
    const whole = update.bind(store.registry);
    let updates = 0;
    store.registry.update = (decide) => {
      if (++updates === 2) throw new Error('it died');
      return whole(decide);
    };
    await expect(forget(store, { ids: ['cat-0', 'cat-1'] })).rejects.toThrow('it died');
    expect(await store.vectors.count({ classes: ['cat'] })).toBe(1);
    const { classes } = await forget(store, { ids: ['cat-0', 'cat-1'] });
    expect(classes).toEqual([{ name: 'cat', removed: 2, remaining: 1 }]);
    expect(classOf(store, 'cat')).toMatchObject({ count: 1, withdrawn: 2 });
  });

  it('means an id as it may have been stored before names had a normal form', async () => {
    const [decomposed, composed] = ['cafe\u0301', 'caf\u00e9'];
    const store = await storeOf({
      cil: vectorsOf('cat', 2).map((record, i) => ({ ...record, id: [decomposed, composed][i] ?? '' })),
    });
    const { classes, asked } = await forget(store, { ids: [composed ?? ''] });
    expect([classes, asked]).toEqual([[{ name: 'cat', removed: 2, remaining: 0 }], 1]);
  });

  it('is refused for an id that holds what can’t be seen, unless something is stored under it', async () => {
    const store = await learned();
    const [hidden, stored] = ['dog\u200b-0', 'cat\u200b-9'];
    await store.vectors.upsert(
      'cil',
      vectorsOf('cat', 1).map((record) => ({ ...record, id: stored ?? '' })),
    );
    await expect(forget(store, { ids: ['cat-0', hidden ?? ''] })).rejects.toMatchObject({
      code: 'invalid-message',
      field: 'samples',
      value: hidden,
    });
    expect(await store.vectors.count({ classes: ['cat'] })).toBe(4);
    expect((await forget(store, { ids: [stored ?? ''] })).classes).toEqual([
      { name: 'cat', removed: 1, remaining: 3 },
    ]);
  });
});

describe('unlearning the samples of a subject', () => {
  const about = (subject: string) =>
    vectorsOf('cat', 3).map((record, i) => ({ ...record, ...(i < 2 && { subject }) }));

  it('deletes all of them', async () => {
    const store = await storeOf({
      classes: [recordOf('cat')],
      cil: about('ann'),
      model: modelOf('v1', 'cat'),
    });
    expect(await forget(store, { subject: 'ann' })).toMatchObject({
      by: 'subject',
      asked: 2,
      classes: [{ name: 'cat', removed: 2, remaining: 1 }],
    });
  });

  it('finds nothing of somebody unknown, and says so', async () => {
    const store = await storeOf({ cil: about('ann') });
    expect(await forget(store, { subject: 'bob' })).toMatchObject({ asked: 0, classes: [] });
  });

  it('is refused for a name that holds what can’t be seen, unless something is stored under it', async () => {
    const store = await storeOf({ cil: about('a\u200bnn') });
    await expect(forget(store, { subject: 'b\u200bob' })).rejects.toMatchObject({
      code: 'invalid-message',
      field: 'subject',
      value: 'b\u200bob',
    });
    expect(await forget(store, { subject: 'a\u200bnn' })).toMatchObject({ asked: 2 });
  });
});
