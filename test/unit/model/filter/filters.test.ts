import { describe, expect, it } from 'vitest';
import { isUnlearned } from '../../../../src/model/filter/filter.js';
import { relativeFilter } from '../../../../src/model/filter/relative.js';
import { PAPER_THRESHOLD, thresholdFilter } from '../../../../src/model/filter/threshold.js';

describe('the threshold filter (Eq. 5)', () => {
  const filter = thresholdFilter();
  const decide = (...unlearned: number[]): boolean =>
    isUnlearned(filter.score({ unlearned, remaining: [] }), filter.initialLevel);

  it('stops what is at least as similar to the nearest unlearned vector as the threshold', () => {
    expect([decide(0.77, 0.1), decide(0.7699), decide(0.99)]).toEqual([true, false, true]);
    expect(filter.initialLevel).toBe(PAPER_THRESHOLD);
  });

  it('asks for one neighbour, of DB-MU only', () => {
    expect(filter).toMatchObject({ k: 1, usesRemaining: false });
  });

  it('stops nothing where DB-MU is empty', () => expect(decide()).toBe(false));
});

describe('the relative filter', () => {
  const filter = relativeFilter(2);

  it('scores the mean similarity to the k nearest unlearned less that to the k nearest remaining', () => {
    const score = filter.score({ unlearned: [0.9, 0.7, 0.1], remaining: [0.6, 0.4, 0.4] });
    expect(score).toBeCloseTo(0.8 - 0.5, 12);
  });

  it('takes the mean of those there are where they are fewer than k', () => {
    expect(filter.score({ unlearned: [0.5], remaining: [0.4, 0.2] })).toBeCloseTo(0.2, 12);
  });

  it('at margin 0 stops what is nearer to DB-MU than to DB-CIL', () => {
    const decide = (unlearned: number, remaining: number): boolean =>
      isUnlearned(filter.score({ unlearned: [unlearned], remaining: [remaining] }), filter.initialLevel);
    expect([decide(0.8, 0.7), decide(0.7, 0.8)]).toEqual([true, false]);
  });

  it('stops nothing where DB-MU is empty, and all where only DB-MU has vectors', () => {
    expect(filter.score({ unlearned: [], remaining: [0.1] })).toBe(Number.NEGATIVE_INFINITY);
    expect(filter.score({ unlearned: [0.1], remaining: [] })).toBe(Number.POSITIVE_INFINITY);
  });
});
