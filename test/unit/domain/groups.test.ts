import { expect, it } from 'vitest';
import { groupsOf } from '../../../src/domain/groups.js';
import { topicsUnder } from '../../../src/domain/topics.js';

it('two deployments on one cluster share no consumer group', () => {
  const [one, other] = ['lethe.', 'other.'].map((prefix) => Object.values(groupsOf(topicsUnder(prefix))));
  expect(new Set([...(one ?? []), ...(other ?? [])]).size).toBe(8);
});
