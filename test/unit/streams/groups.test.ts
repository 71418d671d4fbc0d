import { expect, it } from 'vitest';
import { topicsUnder } from '../../../src/domain/topics.js';
import { groupsOf } from '../../../src/streams/groups.js';

it('two deployments on one cluster share no consumer group', () => {
  const [one, other] = ['lethe.', 'other.'].map((prefix) => Object.values(groupsOf(topicsUnder(prefix))));
  expect(new Set([...(one ?? []), ...(other ?? [])]).size).toBe(8);
});
