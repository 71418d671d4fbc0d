import { describe, expect, it } from 'vitest';
import { knnQuery } from '../../../../src/adapters/redis/knnQuery.js';
import type { Layout, Segment } from '../../../../src/adapters/redis/layouts.js';

const segment = (number: string, database: 'cil' | 'mu'): Segment => ({
  number,
  database,
  className: number,
});
const [a, b, c] = [segment('1', 'cil'), segment('2', 'cil'), segment('3', 'mu')];
const layout = (hasGone: boolean): Layout => ({
  version: '7',
  segments: new Map([a, b, c].map((each) => [each.number, each])),
  hasGone,
});
const sizes = new Map([
  ['1', 30],
  ['2', 40],
  ['3', 30],
]);

describe('the search for the nearest', () => {
  it('filters nothing where everything is wanted and nothing waits for being swept', () => {
    expect(knnQuery(layout(false), [a, b, c], sizes)).toBe('*=>[KNN $k @vector $query AS distance]');
    expect(knnQuery(layout(true), [a, b, c], sizes)).toMatch(/^\(@segment:\{1\|2\|3\}\)=>/);
  });

  it('goes by the nearest where most vectors are wanted, and leaves the choice to Redis elsewhere', () => {
    expect(knnQuery(layout(false), [a, b], sizes)).toBe(
      '(@segment:{1|2})=>[KNN $k @vector $query HYBRID_POLICY BATCHES AS distance]',
    );
    expect(knnQuery(layout(false), [c], sizes)).toBe('(@segment:{3})=>[KNN $k @vector $query AS distance]');
  });

  it('leaves the choice to Redis as long as the sizes are unknown', () => {
    expect(knnQuery(layout(false), [a, b], new Map())).not.toContain('HYBRID_POLICY');
  });
});
