import { describe, expect, it } from 'vitest';
import {
  erasable,
  giveUpErasing,
  markErasureComplete,
  markErasureTold,
  noteFiles,
  purgeClasses,
} from '../../../src/forgetting/purgeClasses.js';
import {
  modelOf,
  recordOf,
  registryOf,
  stateOf,
  storeOf,
  taskOf,
  vectorsOf,
} from '../../support/knowledge.js';

const erasing = (name: string, erasingBy: string, state: 'unlearned' | 'rebuilt' | 'erased' = 'rebuilt') =>
  recordOf(name, { state, erasing: erasingBy, count: 2, centroid: new Float32Array(4) });

describe('what can be erased', () => {
  const found = (...given: Parameters<typeof registryOf>) =>
    erasable(registryOf(...given)).map(({ commandId, classes }) => [
      commandId,
      classes.map(({ name }) => name),
    ]);

  it('are classes that commands asked for, by command', () => {
    expect(
      found([erasing('cat', 'e1'), recordOf('dog'), erasing('bird', 'e2'), erasing('fox', 'e1')]),
    ).toEqual([
      ['e1', ['cat', 'fox']],
      ['e2', ['bird']],
    ]);
  });

  it('is no class that the model knows, nor one of a task that is open', () => {
    const classes = [erasing('cat', 'e1'), erasing('dog', 'e1'), erasing('bird', 'e1')];
    const tasks = new Map([
      ['t2', taskOf('t2', { classes: ['dog'] })],
      ['t3', taskOf('t3', { classes: ['bird'], state: 'finished' })],
    ]);
    expect(found(classes, { model: modelOf('v1', 'cat'), tasks })).toEqual([['e1', ['bird']]]);
  });
});

describe('the purge of classes', () => {
  it('deletes their vectors from both databases and their centroids, and counts them', async () => {
    const store = await storeOf({
      classes: [erasing('cat', 'e1'), recordOf('dog')],
      cil: [...vectorsOf('dog', 1, 1), ...vectorsOf('cat', 3).slice(2)],
      mu: vectorsOf('cat', 2),
    });
    const { vectors, registryVersion } = await purgeClasses(
      { commandId: 'e1', classes: [erasing('cat', 'e1')] },
      store,
    );
    expect([...vectors]).toEqual([['cat', 3]]);
    expect(await store.vectors.count()).toBe(1);
    expect(registryVersion).toBe(store.registry.snapshot().version);
    expect(store.registry.snapshot().classes.get('cat')).toMatchObject({
      state: 'erased',
      centroid: null,
      erasing: 'e1',
      count: 2,
      erasure: { commandId: 'e1', since: registryVersion, files: 'due', completed: false },
    });
  });

  it('changes no record that the command does not hold any more', async () => {
    const store = await storeOf({ classes: [erasing('cat', 'e2'), recordOf('dog', { state: 'unlearned' })] });
    const asked = [erasing('cat', 'e1'), erasing('dog', 'e1'), erasing('bird', 'e1')];
    await purgeClasses({ commandId: 'e1', classes: asked }, store);
    expect([await stateOf(store, 'cat'), await stateOf(store, 'dog')]).toEqual(['rebuilt', 'unlearned']);
    expect(store.registry.snapshot().classes.size).toBe(2);
  });
});

it('once an erasure is told of, the registry keeps the names of its classes only', async () => {
  const store = await storeOf({
    classes: [
      erasing('cat', 'e1', 'erased'),
      erasing('dog', 'e2', 'erased'),
      erasing('bird', 'e1', 'unlearned'),
    ],
  });
  await markErasureTold('e1', store);
  const { classes } = store.registry.snapshot();
  expect(classes.get('cat')).toMatchObject({ state: 'erased', count: 0 });
  expect(classes.get('cat')).not.toHaveProperty('erasing');
  expect(classes.get('dog')).toMatchObject({ erasing: 'e2', count: 2 });
  expect(classes.get('bird')).toMatchObject({ state: 'unlearned', erasing: 'e1', count: 2 });
});

it('an erasure that is given up leaves its classes suppressed, and no longer to be erased', async () => {
  const store = await storeOf({ classes: [erasing('cat', 'e1'), erasing('dog', 'e2'), recordOf('bird')] });
  await giveUpErasing(['e1'], store);
  const { classes } = store.registry.snapshot();
  expect(classes.get('cat')).toMatchObject({ state: 'rebuilt', count: 2 });
  expect(classes.get('cat')).not.toHaveProperty('erasing');
  expect(classes.get('dog')).toMatchObject({ erasing: 'e2' });
});

describe('what is kept of an erasure', () => {
  const kept = (commandId: string) => ({
    ...{ commandId, since: 1, at: '2026-01-01T00:00:00Z' },
    ...({ files: 'due', completed: false } as const),
  });
  const classes = [
    recordOf('cat', { state: 'erased', erasure: kept('e1') }),
    recordOf('dog', { state: 'erased', erasure: kept('e2') }),
    recordOf('bird', { state: 'learning', erasure: kept('e1') }),
    recordOf('fox', { state: 'erased' }),
  ];

  it('says how the files of the database stand, of classes that are still erased', async () => {
    const store = await storeOf({ classes });
    await noteFiles(['e1', 'e9'], 'done', store);
    const changed = store.registry.snapshot().classes;
    expect(changed.get('cat')).toEqual({ ...classes[0], erasure: { ...kept('e1'), files: 'done' } });
    expect([...changed.values()].slice(1)).toEqual(classes.slice(1));
  });

  it('says that it is complete', async () => {
    const store = await storeOf({ classes });
    await markErasureComplete('e2', store);
    const changed = store.registry.snapshot().classes;
    expect(changed.get('dog')).toEqual({ ...classes[1], erasure: { ...kept('e2'), completed: true } });
    expect(changed.get('cat')).toEqual(classes[0]);
  });

  it('does not change where nothing is kept', async () => {
    const store = await storeOf({ classes });
    const before = store.registry.snapshot();
    await markErasureComplete('e9', store);
    expect(store.registry.snapshot()).toBe(before);
  });
});
