import { expect, it } from 'vitest';
import { centresOf, classCentre } from '../../../src/knowledge/classCentre.js';
import { near, storeOf, vectorsOf } from '../../support/knowledge.js';

it('the centre of a class is the normalised mean of its vectors, whichever database they lie in', async () => {
  const { vectors } = await storeOf({
    cil: [{ id: 'a', className: 'cat', task: 't1', vector: Float32Array.of(1, 0, 0, 0) }],
    mu: [
      { id: 'b', className: 'cat', task: 't1', vector: Float32Array.of(0, 1, 0, 0) },
      ...vectorsOf('dog', 3, 2),
    ],
  });
  const { count, centroid } = await classCentre(vectors, 'cat');
  expect(count).toBe(2);
  expect([...(centroid ?? [])]).toEqual([Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2), 0, 0]);
});

it('a class without vectors has none', async () => {
  const { vectors } = await storeOf({ cil: vectorsOf('dog', 1) });
  expect(await classCentre(vectors, 'cat')).toEqual({ count: 0, centroid: null });
});

it('the centres of several classes are found by name', async () => {
  const { vectors } = await storeOf({ cil: [...vectorsOf('cat', 1, 0), ...vectorsOf('dog', 2, 1)] });
  const centres = await centresOf(['cat', 'dog', 'bird'], vectors);
  expect([...centres.keys()]).toEqual(['cat', 'dog', 'bird']);
  expect(centres.get('cat')).toEqual({ count: 1, centroid: near(0) });
  expect(centres.get('dog')?.count).toBe(2);
  expect(centres.get('bird')?.centroid).toBeNull();
});
