import { expect, it } from 'vitest';
import { countUnannounced, unannounced } from '../../../src/knowledge/unannounced.js';
import { recordOf, storeOf, vectorsOf } from '../../support/knowledge.js';

it('samples of classes that no learn command named are counted, and told by task and class', async () => {
  const store = await storeOf({
    classes: [recordOf('dog')],
    cil: [
      ...vectorsOf('cat', 2, 0, 't1'),
      ...vectorsOf('dog', 3, 1, 't1'),
      ...vectorsOf('bird', 1, 2, 't1'),
      ...vectorsOf('cat', 3, 0, 't2').slice(2),
    ],
  });
  expect(await countUnannounced(store)).toBe(4);
  expect(await unannounced(store)).toEqual([
    { task: 't1', class: 'cat', samples: 2 },
    { task: 't2', class: 'cat', samples: 1 },
    { task: 't1', class: 'bird', samples: 1 },
  ]);
});
