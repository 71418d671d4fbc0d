import { describe, expect, it } from 'vitest';
import { sampleVectors } from '../../../src/knowledge/sampleVectors.js';
import { storeOf, vectorsOf } from '../../support/knowledge.js';

describe('a sample of vectors', () => {
  const drawn = async (size: number, seed: number, count = 20): Promise<string[]> => {
    const { vectors } = await storeOf({ cil: [...vectorsOf('cat', count), ...vectorsOf('dog', 5, 1)] });
    const sample = await sampleVectors(vectors, { database: 'cil', classes: ['cat'] }, size, seed);
    return sample.map(({ id }) => id);
  };

  it('is all there is where that is no more than is wanted, of what matches only', async () => {
    expect((await drawn(20, 1)).sort()).toEqual(
      vectorsOf('cat', 20)
        .map(({ id }) => id)
        .sort(),
    );
    expect(await drawn(50, 1, 3)).toEqual(['cat-0', 'cat-1', 'cat-2']);
  });

  it('is as large as wanted, without repetition, the same for a seed and another for another', async () => {
    const ids = await drawn(5, 1);
    expect(new Set(ids).size).toBe(5);
    expect(await drawn(5, 1)).toEqual(ids);
    expect(await drawn(5, 2)).not.toEqual(ids);
  });

  it('takes each vector as likely as any other', async () => {
    const counts = new Map<string, number>();
    const { vectors } = await storeOf({ cil: vectorsOf('cat', 10) });
    for (let seed = 0; seed < 2000; seed++) {
      for (const { id } of await sampleVectors(vectors, { database: 'cil' }, 3, seed))
        counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    // Each with probability 0.3: 600, standard deviation 20.5.
    expect(counts.size).toBe(10);
    for (const count of counts.values()) expect(Math.abs(count - 600)).toBeLessThan(85);
  });
});
