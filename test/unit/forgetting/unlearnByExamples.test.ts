import { describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import type { VectorRecord } from '../../../src/adapters/vectorDatabase.js';
import { unlearnByExamples } from '../../../src/forgetting/unlearnByExamples.js';
import { DEFAULT_PAYLOAD_LIMITS } from '../../../src/inputs/openInput.js';
import { DIMENSION, near, recordOf, stateOf, storeOf, vectorsOf } from '../../support/knowledge.js';
import { patchEmbedder } from '../../support/patchEmbedder.js';

const embedder = { ...patchEmbedder(), dimension: DIMENSION };
const identified = (store: KnowledgeStore, vectors: readonly Float32Array[], k = 5) =>
  unlearnByExamples(
    { id: 'u1', position: 'commands/0/3', examples: vectors.map((vector) => ({ vector: [...vector] })) },
    {
      store,
      embedder,
      opening: { embedder, limits: DEFAULT_PAYLOAD_LIMITS },
      vote: { k, minimalShare: 0.6, minimalLead: 0.3 },
    },
    performance.now(),
  );
const animals = (cil: readonly VectorRecord[], mu: readonly VectorRecord[] = []) =>
  storeOf({ classes: [recordOf('cat'), recordOf('dog')], cil, mu });

describe('unlearning by examples', () => {
  it('unlearns the class that their nearest vectors are of, and tells the votes', async () => {
    const store = await animals([...vectorsOf('cat', 20), ...vectorsOf('dog', 20, 1)]);
    expect(await identified(store, [near(1, 1), near(1, 2)])).toMatchObject({
      kind: 'unlearned',
      commandId: 'u1',
      by: 'examples',
      votes: { dog: 10 },
      classes: [{ name: 'dog', moved: 20 }],
    });
    expect([await stateOf(store, 'cat'), await stateOf(store, 'dog')]).toEqual(['learned', 'unlearned']);
  });

  it('asks for no more neighbours than half of a class has, and for one at least', async () => {
    const few = await animals([...vectorsOf('cat', 4), ...vectorsOf('dog', 6, 1)]);
    // 10 vectors of 2 classes: half of 5, rounded down.
    expect(await identified(few, [near(1)], 100)).toMatchObject({ votes: { dog: 2 } });
    const one = await animals(vectorsOf('dog', 1, 1));
    expect(await identified(one, [near(1)], 100)).toMatchObject({ votes: { dog: 1 } });
  });

  it('of a class that is unlearned already push out no other', async () => {
    const store = await storeOf({
      classes: [recordOf('cat', { state: 'unlearned' }), recordOf('dog')],
      cil: vectorsOf('dog', 20, 1),
      mu: vectorsOf('cat', 20),
    });
    await expect(identified(store, [near(0)])).rejects.toMatchObject({ code: 'class-unlearned' });
    expect(await stateOf(store, 'dog')).toBe('learned');
  });

  it('lets the nearest of both databases vote, not so many of each', async () => {
    const far = vectorsOf('dog', 20, 1);
    const store = await animals(far, vectorsOf('cat', 20));
    await store.registry.update(() => ({ put: [recordOf('cat')] }));
    // Cats lie in DB-MU here; every neighbour that counts is one.
    expect(await identified(store, [near(0)])).toMatchObject({ votes: { cat: 5 } });
  });

  it('is refused where the vote is not clear', async () => {
    const store = await animals([...vectorsOf('cat', 20), ...vectorsOf('dog', 20, 1)]);
    await expect(identified(store, [near(0), near(1)])).rejects.toMatchObject({
      code: 'ambiguous-vote',
      evidence: { votes: { cat: 5, dog: 5 } },
    });
  });

  it('says which example is wrong, and what about it', async () => {
    const store = await animals(vectorsOf('cat', 20));
    await expect(identified(store, [near(0), Float32Array.of(1, 0)])).rejects.toMatchObject({
      code: 'wrong-dimension',
      message: expect.stringMatching(/^example 1: /),
      field: 'examples.1.payload.vector',
      value: '2',
      remedy: expect.stringContaining('4 components'),
    });
  });
});
