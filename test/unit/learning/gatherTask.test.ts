import { describe, expect, it } from 'vitest';
import { gatherTask } from '../../../src/learning/gatherTask.js';
import type { Announcement } from '../../../src/learning/task.js';
import { recordOf, stateOf, storeOf, vectorsOf } from '../../support/knowledge.js';
import { laggingView } from '../../support/laggingView.js';

const announcement = (...classes: string[]): Announcement => ({
  kind: 'task-announced',
  task: 't2',
  classes,
  samples: 4,
});
const learning = (name: string, changes = {}) =>
  recordOf(name, { state: 'learning', task: 't2', ...changes });

describe('what a task is trained with', () => {
  it('are the vectors of its classes, and the names of what is forgotten', async () => {
    const store = await storeOf({
      classes: [learning('cat'), learning('dog'), recordOf('bird', { state: 'rebuilt' }), recordOf('fox')],
      cil: [...vectorsOf('cat', 2), ...vectorsOf('dog', 1, 1), ...vectorsOf('fox', 3, 2)],
    });
    const gathered = await gatherTask(announcement('cat', 'dog'), store, {});
    expect(gathered?.training).toMatchObject({ task: 't2', classes: ['cat', 'dog'], unlearned: ['bird'] });
    expect([...(gathered?.training.labels ?? [])].sort()).toEqual([0, 0, 1]);
    expect(gathered?.training).not.toHaveProperty('rehearsal');
    expect(gathered?.before).toBe(store.registry.snapshot());
  });

  it('brings what it is rehearsed with: some vectors of every class that is learned and has any', async () => {
    const store = await storeOf({
      classes: [learning('cat'), recordOf('dog'), recordOf('bird'), recordOf('fox')],
      cil: [...vectorsOf('cat', 1), ...vectorsOf('dog', 9, 1), ...vectorsOf('fox', 2, 2)],
    });
    const gathered = await gatherTask(announcement('cat'), store, { rehearsal: { perClass: 3, seed: 1 } });
    expect(gathered?.training.rehearsal).toMatchObject({
      classes: ['dog', 'fox'],
      labels: Int32Array.of(0, 0, 0, 1, 1),
    });
    expect(gathered?.training.rehearsal?.vectors).toHaveLength(20);
    expect(gathered?.training.rehearsal?.vectors[1]).toBeGreaterThan(0.8);
  });

  it('brings no rehearsal where nothing was learned before', async () => {
    const store = await storeOf({ classes: [learning('cat')], cil: vectorsOf('cat', 1) });
    const gathered = await gatherTask(announcement('cat'), store, { rehearsal: { perClass: 3, seed: 1 } });
    expect(gathered?.training).not.toHaveProperty('rehearsal');
  });

  it('brings some of each class learned before to calibrate with, for as many classes as there will be', async () => {
    const store = await storeOf({
      classes: [learning('cat'), recordOf('dog'), recordOf('bird', { state: 'unlearned' })],
      cil: [...vectorsOf('cat', 1), ...vectorsOf('dog', 9, 1)],
      mu: vectorsOf('bird', 3, 2),
    });
    const asked: number[] = [];
    const calibration = (classes: number): number => {
      asked.push(classes);
      return 4;
    };
    const gathered = await gatherTask(announcement('cat'), store, { calibration });
    expect(asked).toEqual([2]);
    expect(gathered?.training.staying).toMatchObject({ classes: ['dog'], labels: Int32Array.of(0, 0, 0, 0) });
  });

  it('leaves out classes that were unlearned since, and those that another task learns', async () => {
    const store = await storeOf({
      classes: [learning('cat'), recordOf('dog', { state: 'unlearned' }), learning('bird', { task: 't3' })],
      cil: [...vectorsOf('cat', 2), ...vectorsOf('bird', 2, 2)],
    });
    const gathered = await gatherTask(announcement('cat', 'dog', 'bird'), store, {});
    expect(gathered?.training).toMatchObject({ classes: ['cat'], labels: Int32Array.of(0, 0) });
  });

  it('leaves out a class all of whose samples are unlearned while it gathers', async () => {
    const store = await storeOf({
      classes: [learning('cat'), learning('dog')],
      cil: [...vectorsOf('cat', 2), ...vectorsOf('dog', 1, 1)],
    });
    let seen = 0;
    const withdrawing = {
      ...store,
      registry: {
        ...laggingView(store).registry,
        // What is unlearned between this look at the registry and the scan of the vectors.
        refresh: async () => {
          const snapshot = await store.registry.refresh();
          if (seen++ === 0) {
            await store.vectors.delete({ classes: ['dog'] });
            await store.registry.update(() => ({ put: [learning('dog', { withdrawn: 1 })] }));
          }
          return snapshot;
        },
      },
    };
    const gathered = await gatherTask(announcement('cat', 'dog'), withdrawing, {});
    expect(gathered?.training.classes).toEqual(['cat']);
    expect(await stateOf(store, 'dog')).toBe('unlearned');
  });

  it('leaves out a class all of whose samples were unlearned: it is unlearned here', async () => {
    const store = await storeOf({
      classes: [learning('cat', { withdrawn: 1 }), learning('dog', { withdrawn: 2, before: 'erased' })],
      cil: vectorsOf('cat', 2),
    });
    const gathered = await gatherTask(announcement('cat', 'dog'), store, {});
    expect(gathered?.training.classes).toEqual(['cat']);
    expect(gathered?.training.unlearned).toEqual(['dog']);
    expect(await stateOf(store, 'cat')).toBe('learning');
    expect(store.registry.snapshot().classes.get('dog')).toEqual(
      recordOf('dog', { state: 'unlearned', task: 't2', withdrawn: 2 }),
    );
  });

  it('is nothing where another task has learned all that is left of it', async () => {
    const store = await storeOf({ classes: [recordOf('cat'), recordOf('dog', { state: 'unlearned' })] });
    expect(await gatherTask(announcement('dog', 'cat'), store, {})).toBeNull();
  });

  it('is refused where all its classes were unlearned', async () => {
    const store = await storeOf({ classes: [recordOf('cat', { state: 'unlearned' })] });
    await expect(gatherTask(announcement('cat', 'bird'), store, {})).rejects.toMatchObject({
      code: 'class-unlearned',
      field: 'classes',
      value: 'cat, bird',
    });
  });

  it('is refused where samples of a class never came', async () => {
    const store = await storeOf({
      classes: [learning('cat'), learning('dog'), learning('bird')],
      cil: vectorsOf('dog', 1, 1),
    });
    await expect(gatherTask(announcement('cat', 'dog', 'bird'), store, {})).rejects.toMatchObject({
      code: 'training-failed',
      field: 'classes',
      value: 'cat, bird',
    });
    expect(await stateOf(store, 'cat')).toBe('learning');
  });
});
