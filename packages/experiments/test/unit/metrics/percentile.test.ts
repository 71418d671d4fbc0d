import { describe, expect, it } from 'vitest';
import { percentile } from '../../../src/metrics/percentile.js';

describe('percentile', () => {
  it('interpolates linearly between order statistics', () => {
    expect(percentile([40, 10, 30, 20], 0.5)).toBe(25);
    expect(percentile([40, 10, 30, 20], 0.9)).toBeCloseTo(37, 12);
  });

  it('reaches from the least value to the greatest', () => {
    expect(percentile([3, 1, 2], 0)).toBe(1);
    expect(percentile([3, 1, 2], 1)).toBe(3);
    expect(percentile([7], 0.99)).toBe(7);
  });

  it('refuses no values and quantiles outside [0, 1]', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError);
    expect(() => percentile([1], 99)).toThrow(RangeError);
  });
});
