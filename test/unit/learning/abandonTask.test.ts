import { describe, expect, it } from 'vitest';
import { abandonTask, deleteErased } from '../../../src/learning/abandonTask.js';
import type { Announcement } from '../../../src/learning/task.js';
import { recordOf, stateOf, storeOf, taskOf, vectorsOf } from '../../support/knowledge.js';

const announcement = (...classes: string[]): Announcement => ({
  kind: 'task-announced',
  task: 't2',
  classes,
  samples: 2,
});

describe('a task that ended without a model', () => {
  it('leaves nothing of a new class but its samples, and can be announced again', async () => {
    const store = await storeOf({
      classes: [recordOf('cat', { state: 'learning', task: 't2' })],
      tasks: [taskOf('t2')],
      cil: vectorsOf('cat', 2),
    });
    await abandonTask(announcement('cat'), store);
    expect(await stateOf(store, 'cat')).toBeUndefined();
    expect(store.registry.snapshot().tasks.size).toBe(0);
    expect(await store.vectors.count({ database: 'cil' })).toBe(2);
  });

  it('forgets again a class that was forgotten before, with what came for it', async () => {
    const again = { state: 'learning', task: 't2' } as const;
    const store = await storeOf({
      classes: [
        recordOf('cat', { ...again, before: 'rebuilt' }),
        recordOf('dog', { ...again, before: 'erased' }),
      ],
      tasks: [taskOf('t2')],
      cil: [...vectorsOf('cat', 2, 0), ...vectorsOf('dog', 3, 1)],
    });
    await abandonTask(announcement('cat', 'dog'), store);
    expect([await stateOf(store, 'cat'), await stateOf(store, 'dog')]).toEqual(['rebuilt', 'erased']);
    expect(store.registry.snapshot().classes.get('cat')).not.toHaveProperty('before');
    expect(await store.vectors.count({ database: 'cil' })).toBe(0);
    expect(await store.vectors.count({ database: 'mu', classes: ['cat'] })).toBe(2);
    expect(await store.vectors.count({ classes: ['dog'] })).toBe(0);
  });

  it('has an erased class looked for anew: samples of it came, and its training may have left something', async () => {
    const erasure = {
      ...{ commandId: 'e1', since: 1, at: '2026-01-01T00:00:00Z' },
      ...({ files: 'done', completed: true } as const),
    };
    const learning = recordOf('dog', { state: 'learning', task: 't2', before: 'erased', erasure });
    const store = await storeOf({ classes: [learning], tasks: [taskOf('t2')] });
    await abandonTask(announcement('dog'), store);
    expect(store.registry.snapshot().classes.get('dog')).toEqual(
      recordOf('dog', {
        state: 'erased',
        task: 't2',
        erasure: { ...erasure, since: store.registry.snapshot().version, files: 'due', completed: false },
      }),
    );
  });

  it('changes no class that was unlearned meanwhile, that is of another task, or that nobody knows', async () => {
    const unlearned = recordOf('cat', { state: 'unlearned', task: 't2' });
    const other = recordOf('dog', { state: 'learning', task: 't3' });
    const store = await storeOf({ classes: [unlearned, other], tasks: [taskOf('t2')] });
    await abandonTask(announcement('cat', 'dog', 'bird'), store);
    expect([...store.registry.snapshot().classes.values()]).toEqual([unlearned, other]);
  });
});

describe('what is left of erased classes', () => {
  it('goes from DB-MU, while what comes for a class that is announced again stays in DB-CIL', async () => {
    const store = await storeOf({
      classes: [recordOf('cat', { state: 'erased' }), recordOf('dog', { state: 'unlearned' })],
      cil: vectorsOf('cat', 3).slice(2),
      mu: [...vectorsOf('cat', 2), ...vectorsOf('dog', 2, 1)],
    });
    await deleteErased(store);
    expect(await store.vectors.count({ database: 'mu', classes: ['cat'] })).toBe(0);
    expect(await store.vectors.count({ database: 'mu', classes: ['dog'] })).toBe(2);
    expect(await store.vectors.count({ database: 'cil' })).toBe(1);
  });

  it('is not looked for where nothing was erased, and not deleted where nothing is left', async () => {
    const none = await storeOf({
      classes: [recordOf('cat', { state: 'unlearned' })],
      mu: vectorsOf('cat', 2),
    });
    none.vectors.count = () => Promise.reject(new Error('asked'));
    await deleteErased(none);
    const empty = await storeOf({ classes: [recordOf('cat', { state: 'erased' })] });
    empty.vectors.delete = () => Promise.reject(new Error('deleted'));
    await deleteErased(empty);
  });
});
