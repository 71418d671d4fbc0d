import { describe, expect, it } from 'vitest';
import { carryOut, type Missing } from '../../../../src/streams/history/carryOut.js';
import { modelOf, recordOf, stateOf, storeOf, vectorsOf } from '../../../support/knowledge.js';

const position = 'commands/0/5';
const done = { registryVersion: 9, ms: 1 };
const missing = (effect: Missing['effect'], command?: Missing['command']): Missing => ({
  effect,
  command,
  position,
});
const cats = [{ name: 'cat', moved: 2 }];
const unlearned = { kind: 'unlearned', commandId: 'u1', by: 'name', classes: cats, ...done } as const;

describe('a command that is carried out again', () => {
  it('unlearns, and leaves its receipt', async () => {
    const store = await storeOf({ classes: [recordOf('cat')], cil: vectorsOf('cat', 2) });
    await carryOut(missing({ ...unlearned, by: 'examples', votes: { cat: 3 } }), store);
    expect(await stateOf(store, 'cat')).toBe('unlearned');
    expect(await store.vectors.count({ database: 'mu' })).toBe(2);
    const details = { kind: 'unlearned', by: 'examples', votes: { cat: 3 }, classes: ['cat'] };
    expect(await store.registry.receipt('u1')).toMatchObject({ position, details });
  });

  it('notes as forgotten what it was to forget and is not there', async () => {
    const store = await storeOf({ classes: [recordOf('dog')] });
    await carryOut(missing(unlearned), store);
    expect(store.registry.snapshot().classes.get('cat')).toEqual({
      ...{ name: 'cat', state: 'unlearned', task: 'lost' },
      ...{ count: 0, centroid: null },
    });
    expect(await stateOf(store, 'dog')).toBe('learned');
  });

  it('does nothing where that is so already', async () => {
    const store = await storeOf({ classes: [recordOf('cat', { state: 'unlearned' })] });
    const before = store.registry.snapshot();
    await carryOut(missing(unlearned), store);
    expect(store.registry.snapshot()).toBe(before);
  });

  it('erases what was to be erased, learned or not', async () => {
    const store = await storeOf({ classes: [recordOf('cat')], cil: vectorsOf('cat', 2) });
    await carryOut(missing({ kind: 'erase-accepted', commandId: 'e1', classes: cats, ...done }), store);
    expect(store.registry.snapshot().classes.get('cat')).toMatchObject({ state: 'unlearned', erasing: 'e1' });
  });

  it('brings back what was brought back, and notes nothing of what can’t be', async () => {
    const relearned = { kind: 'relearned', commandId: 'r1', classes: cats, ...done } as const;
    const store = await storeOf({
      classes: [recordOf('cat', { state: 'unlearned' })],
      mu: vectorsOf('cat', 2),
      model: modelOf('v1', 'cat'),
    });
    await carryOut(missing(relearned), store);
    expect(await stateOf(store, 'cat')).toBe('learned');
    const empty = await storeOf({});
    await carryOut(missing(relearned), empty);
    expect(empty.registry.snapshot().classes.size).toBe(0);
  });

  describe('that unlearned samples', () => {
    const effect: Extract<Missing['effect'], { kind: 'samples-unlearned' }> = {
      kind: 'samples-unlearned',
      commandId: 's1',
      by: 'id',
      asked: 1,
      classes: [{ name: 'cat', removed: 1, remaining: 1 }],
      ...done,
    };
    const given = async () =>
      storeOf({
        classes: [recordOf('cat')],
        cil: vectorsOf('cat', 2).map((record, i) => ({ ...record, subject: `s${i}` })),
      });

    it('deletes them, as the command on its topic names them', async () => {
      const byId = await given();
      await carryOut(missing(effect, { id: 's1', kind: 'unlearn', samples: ['cat-0'] }), byId);
      expect((await byId.vectors.get(['cat-0', 'cat-1'])).map(({ id }) => id)).toEqual(['cat-1']);
      const bySubject = await given();
      await carryOut(
        missing({ ...effect, by: 'subject' }, { id: 's1', kind: 'unlearn', subject: 's1' }),
        bySubject,
      );
      expect((await bySubject.vectors.get(['cat-0', 'cat-1'])).map(({ id }) => id)).toEqual(['cat-0']);
    });

    it('fails where that is gone, or names none: nobody knows which', async () => {
      for (const command of [undefined, { id: 's1', kind: 'unlearn' as const, classes: ['cat'] }]) {
        const store = await given();
        await expect(carryOut(missing(effect, command), store)).rejects.toMatchObject({
          code: 'internal',
          field: 'commandId',
          value: 's1',
          remedy: expect.stringContaining(position),
        });
        expect(await store.vectors.count()).toBe(2);
      }
    });
  });

  it('fails where the store does', async () => {
    const store = await storeOf({ classes: [recordOf('cat')] });
    store.migrate = () => Promise.reject(new TypeError('boom'));
    await expect(carryOut(missing(unlearned), store)).rejects.toThrow('boom');
  });
});
