import { describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import type { ClassRecord, RegistrySnapshot } from '../../../src/domain/classes.js';
import { markTrained } from '../../../src/learning/markTrained.js';
import { modelOf, near, recordOf, registryOf, storeOf, taskOf, vectorsOf } from '../../support/knowledge.js';

const MODEL = modelOf('v2', 'cat', 'dog');
const learning = (name: string, changes: Partial<ClassRecord> = {}) =>
  recordOf(name, { state: 'learning', task: 't2', count: 0, ...changes });

/** Task t2 of cat and dog was trained; `before` is the registry at its gathering, the store's by default. */
function marked(store: KnowledgeStore, before: RegistrySnapshot = store.registry.snapshot()): Promise<void> {
  const announcement = { kind: 'task-announced', task: 't2', classes: ['cat', 'dog'], samples: 3 } as const;
  return markTrained(
    {
      announcement: { ...announcement, classes: [...announcement.classes] },
      classes: ['cat', 'dog'],
      before,
      model: MODEL,
    },
    store,
  );
}

describe('a task that was trained', () => {
  it('has its model made current and its classes learned, with their centres, in one step', async () => {
    const store = await storeOf({
      classes: [learning('cat', { before: 'erased' }), learning('dog')],
      tasks: [taskOf('t2')],
      cil: [...vectorsOf('cat', 1), ...vectorsOf('dog', 1, 1)],
    });
    const { version } = store.registry.snapshot();
    await marked(store);
    const { classes, tasks, model, version: after } = store.registry.snapshot();
    expect([model, after]).toEqual([MODEL, version + 1]);
    expect([...classes.values()]).toEqual([
      recordOf('cat', { task: 't2', centroid: near(0) }),
      recordOf('dog', { task: 't2', centroid: near(1) }),
    ]);
    expect([...tasks.values()]).toEqual([
      { name: 't2', state: 'finished', classes: ['cat', 'dog'], samples: 3 },
    ]);
  });

  it('changes nothing of a class that the registry does not know any more', async () => {
    const store = await storeOf({ classes: [learning('dog')], cil: vectorsOf('dog', 1, 1) });
    await marked(store);
    expect([...store.registry.snapshot().classes.keys()]).toEqual(['dog']);
  });

  it('leaves a class unlearned that was unlearned meanwhile: the model knows it from now on', async () => {
    const store = await storeOf({
      classes: [recordOf('cat', { state: 'rebuilt', task: 't2' }), learning('dog')],
      cil: vectorsOf('dog', 1, 1),
      mu: vectorsOf('cat', 2),
    });
    await marked(store);
    expect(store.registry.snapshot().classes.get('cat')).toMatchObject({ state: 'unlearned', count: 2 });
  });

  it('leaves an erased class as it is', async () => {
    const erased = recordOf('cat', { state: 'erased', task: 't1', count: 0 });
    const store = await storeOf({ classes: [erased, learning('dog')], cil: vectorsOf('dog', 1, 1) });
    await marked(store);
    expect(store.registry.snapshot().classes.get('cat')).toBe(erased);
  });

  it('unlearns a class of which nothing remains: the model has seen one sample of it at least', async () => {
    const store = await storeOf({ classes: [learning('cat'), learning('dog')], cil: vectorsOf('dog', 1, 1) });
    await marked(store);
    const emptied = { state: 'unlearned', count: 0, centroid: null, withdrawn: 1 };
    expect(store.registry.snapshot().classes.get('cat')).toMatchObject(emptied);
  });

  it('counts as seen what was unlearned after the gathering only', async () => {
    const store = await storeOf({
      classes: [learning('cat', { withdrawn: 5 }), learning('dog', { withdrawn: 2 })],
      cil: [...vectorsOf('cat', 1), ...vectorsOf('dog', 1, 1)],
    });
    const before = registryOf([learning('cat', { withdrawn: 3 }), learning('dog', { withdrawn: 2 })]);
    await marked(store, before);
    const { classes } = store.registry.snapshot();
    expect(classes.get('cat')).toMatchObject({ state: 'learned', withdrawn: 2 });
    expect(classes.get('dog')).not.toHaveProperty('withdrawn');
  });

  it('counts everything as seen of a class that was forgotten, or unknown, at the gathering', async () => {
    const contents = {
      classes: [learning('cat', { withdrawn: 5 }), learning('dog', { withdrawn: 4 })],
      cil: [...vectorsOf('cat', 1), ...vectorsOf('dog', 1, 1)],
    };
    const store = await storeOf(contents);
    await marked(store, registryOf([recordOf('cat', { state: 'unlearned', withdrawn: 3 })]));
    const { classes } = store.registry.snapshot();
    expect([classes.get('cat')?.withdrawn, classes.get('dog')?.withdrawn]).toEqual([5, 4]);
  });

  it('is marked again where samples came between the counting and the marking', async () => {
    const store = await storeOf({
      classes: [learning('cat', { withdrawn: 5 }), learning('dog')],
      cil: [...vectorsOf('cat', 1), ...vectorsOf('dog', 1, 1)],
    });
    const update = store.registry.update.bind(store.registry);
    store.registry.update = async (decide) => {
      if (store.registry.snapshot().classes.get('cat')?.state === 'learning')
        await store.vectors.upsert('cil', vectorsOf('cat', 3).slice(1));
      return update(decide);
    };
    await marked(store, registryOf([learning('cat', { withdrawn: 5 })]));
    const { classes } = store.registry.snapshot();
    expect(classes.get('cat')).toMatchObject({ state: 'learned', count: 3 });
    expect(classes.get('dog')).toMatchObject({ state: 'learned', count: 1 });
  });
});
