import { expect, it } from 'vitest';
import { gatherVectors, withVectors } from '../../../src/knowledge/gatherVectors.js';
import { near, storeOf, vectorsOf } from '../../support/knowledge.js';

it('vectors are labelled by the places of their classes, of one database and of these classes only', async () => {
  const { vectors } = await storeOf({
    cil: [...vectorsOf('cat', 2, 0), ...vectorsOf('dog', 1, 1), ...vectorsOf('bird', 1, 2)],
    mu: vectorsOf('frog', 2, 3),
  });
  const gathered = await gatherVectors(vectors, 'cil', ['dog', 'cat', 'frog']);
  const rows = [...gathered.labels].map((label, row) => [
    gathered.classes[label],
    [...gathered.vectors.subarray(row * 4, row * 4 + 4)],
  ]);
  expect(gathered.vectors).toHaveLength(12);
  expect(rows).toHaveLength(3);
  expect(rows).toEqual(
    expect.arrayContaining([
      ['cat', [...near(0, 0)]],
      ['cat', [...near(0, 1)]],
      ['dog', [...near(1, 0)]],
    ]),
  );
});

it('holds no more, and no less, than what is there while it is read', async () => {
  const { vectors } = await storeOf({ cil: vectorsOf('cat', 3) });
  const count = vectors.count.bind(vectors);
  vectors.count = async (filter) => (await count(filter)) - 1;
  expect((await gatherVectors(vectors, 'cil', ['cat'])).labels).toHaveLength(2);
  vectors.count = async (filter) => (await count(filter)) + 1;
  const fewer = await gatherVectors(vectors, 'cil', ['cat']);
  expect([fewer.labels.length, fewer.vectors.length]).toEqual([3, 12]);
});

it('classes without vectors are told apart, and the others are labelled anew', () => {
  const vectors = new Float32Array(12);
  const labels = Int32Array.of(2, 0, 2);
  const { gathered, without } = withVectors({ classes: ['cat', 'dog', 'bird'], vectors, labels });
  expect(gathered).toEqual({ classes: ['cat', 'bird'], vectors, labels: Int32Array.of(1, 0, 1) });
  expect(without).toEqual(['dog']);
});
