import { describe, expect, it } from 'vitest';
import { effectSchema, eventOf } from '../../../src/domain/effects.js';
import { relearnClasses, relearnTaskName, unlearnClasses } from '../../../src/forgetting/migrateClasses.js';
import { modelOf, recordOf, stateOf, storeOf, vectorsOf } from '../../support/knowledge.js';

const command = (...classes: string[]) => ({ id: 'c1', classes, position: 'commands/0/3' });

describe('unlearning by name', () => {
  it('moves the vectors of the classes to DB-MU, and tells how many of each', async () => {
    const store = await storeOf({
      classes: [recordOf('cat'), recordOf('dog')],
      cil: [...vectorsOf('cat', 3), ...vectorsOf('dog', 2, 1), ...vectorsOf('bird', 1, 2, 't9')],
    });
    const begun = performance.now() - 50;
    const event = await unlearnClasses(command('cat', 'bird'), store, begun);
    expect(event).toMatchObject({
      kind: 'unlearned',
      commandId: 'c1',
      by: 'name',
      classes: [
        { name: 'cat', moved: 3 },
        { name: 'bird', moved: 1 },
      ],
      registryVersion: store.registry.snapshot().version,
    });
    expect(event).not.toHaveProperty('votes');
    expect(event.ms).toBeGreaterThanOrEqual(50);
    expect(event.ms).toBeLessThan(60_000);
    expect(await store.vectors.count({ database: 'mu' })).toBe(4);
    expect(await store.vectors.count({ database: 'cil' })).toBe(2);
    expect(store.registry.snapshot().classes.get('cat')).toEqual(recordOf('cat', { state: 'unlearned' }));
    // Of samples that no command announced: the registry keeps them out from now on.
    expect(store.registry.snapshot().classes.get('bird')).toMatchObject({ state: 'unlearned', task: 't9' });
    expect(await store.registry.receipt('c1')).toMatchObject({ position: 'commands/0/3' });
  });

  it('tells how the class was found', async () => {
    const store = await storeOf({ classes: [recordOf('cat')] });
    const found = { by: 'examples', votes: { cat: 9, dog: 1 } } as const;
    const event = await unlearnClasses(command('cat'), store, 0, found);
    expect(event).toMatchObject({ ...found, classes: [{ name: 'cat', moved: 0 }] });
    const receipt = await store.registry.receipt('c1');
    expect(receipt && eventOf(effectSchema.parse(receipt.details), receipt, 0)).toEqual({
      ...event,
      ms: expect.any(Number),
    });
  });

  it('is refused as a whole, with the class that stands against it', async () => {
    const store = await storeOf({ classes: [recordOf('cat')], cil: vectorsOf('cat', 1) });
    await expect(unlearnClasses(command('cat', 'dog'), store, 0)).rejects.toMatchObject({
      code: 'unknown-class',
      field: 'classes.1',
    });
    expect(await stateOf(store, 'cat')).toBe('learned');
    expect(await store.vectors.count({ database: 'mu' })).toBe(0);
  });
});

describe('relearning', () => {
  it('brings a class back that the model knows, at once', async () => {
    const store = await storeOf({
      classes: [recordOf('cat', { state: 'unlearned' })],
      mu: vectorsOf('cat', 2),
      model: modelOf('v1', 'cat'),
    });
    const event = await relearnClasses(command('cat'), store, performance.now() - 50);
    expect(event).toMatchObject({
      kind: 'relearned',
      commandId: 'c1',
      classes: [{ name: 'cat', moved: 2 }],
      registryVersion: 2,
    });
    expect(event.ms).toBeGreaterThanOrEqual(50);
    expect(event.ms).toBeLessThan(60_000);
    expect(store.registry.snapshot().classes.get('cat')).toEqual(recordOf('cat'));
    expect(store.registry.snapshot().tasks.size).toBe(0);
    expect(await store.vectors.count({ database: 'cil' })).toBe(2);
    const receipt = await store.registry.receipt('c1');
    expect(receipt && eventOf(effectSchema.parse(receipt.details), receipt, 0)).toEqual({
      ...event,
      ms: expect.any(Number),
    });
  });

  it('opens a task for a class that no model knows, which promises no samples', async () => {
    const store = await storeOf({
      classes: [recordOf('cat', { state: 'rebuilt' }), recordOf('dog', { state: 'unlearned' })],
      mu: [...vectorsOf('cat', 2), ...vectorsOf('dog', 2, 1)],
      model: modelOf('v1', 'dog'),
    });
    await relearnClasses(command('cat', 'dog'), store, 0);
    const { classes, tasks } = store.registry.snapshot();
    expect(classes.get('cat')).toMatchObject({ state: 'learning', task: 'relearn-c1', before: 'rebuilt' });
    expect(classes.get('dog')).toEqual(recordOf('dog'));
    expect([...tasks.values()]).toEqual([
      { name: 'relearn-c1', state: 'open', classes: ['cat'], samples: 0 },
    ]);
    expect(relearnTaskName('c1')).toBe('relearn-c1');
  });

  it('is refused for a class that is not unlearned', async () => {
    const store = await storeOf({
      classes: [recordOf('cat', { state: 'unlearned' }), recordOf('dog')],
      mu: vectorsOf('cat', 1),
    });
    await expect(relearnClasses(command('cat', 'dog'), store, 0)).rejects.toMatchObject({
      code: 'class-not-learned',
      field: 'classes.1',
    });
    expect(await stateOf(store, 'cat')).toBe('unlearned');
  });
});
