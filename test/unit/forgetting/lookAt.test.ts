import { describe, expect, it } from 'vitest';
import { lookAt, placesOf } from '../../../src/forgetting/lookAt.js';
import { storeOf, vectorsOf } from '../../support/knowledge.js';

const HOLDER = {
  ...{ id: 'a', worker: 'w', folder: '/models', seenAt: '2026-01-01T00:00:00Z' },
  ...{ confirmed: 7, lookedAt: '2026-01-01T00:00:00Z', holds: [] },
};

describe('a look at erased classes', () => {
  it('counts their vectors in both databases, and asks for checkpoints and workers', async () => {
    const store = await storeOf({
      cil: [...vectorsOf('cat', 1), ...vectorsOf('dog', 4, 1)],
      mu: vectorsOf('bird', 2, 2),
    });
    await store.holders.note(HOLDER);
    const asked: (readonly string[])[] = [];
    const knowing = async (classes: readonly string[]) => {
      asked.push(classes);
      return { kept: 3, knowing: ['v1'] };
    };
    const seen = await lookAt(['cat', 'bird'], { store, checkpoints: { knowing } });
    expect(seen).toEqual({
      vectors: { cil: 1, mu: 2 },
      checkpoints: { kept: 3, knowing: ['v1'] },
      holders: [{ ...HOLDER, gone: false }],
    });
    expect(asked).toEqual([['cat', 'bird']]);
  });

  it('says how each place stands, by what the registry keeps of the erasure', () => {
    const seen = {
      vectors: { cil: 0, mu: 2 },
      checkpoints: { kept: 3, knowing: [] },
      holders: [{ ...HOLDER, gone: false }],
    };
    const states = (erasure: Parameters<typeof placesOf>[1]) =>
      placesOf(seen, erasure).map(({ place, state }) => `${place} ${state}`);
    const looked = ['DB-CIL done', 'DB-MU failed', 'checkpoints done'];
    expect(states({ since: 7, files: 'done' })).toEqual([...looked, 'database files done', 'worker w done']);
    expect(states({ since: 8, files: 'due' })).toEqual([
      ...looked,
      'database files waiting',
      'worker w waiting',
    ]);
    expect(states(undefined)).toEqual([...looked, 'database files kept', 'worker w done']);
  });
});
