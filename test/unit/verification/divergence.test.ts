import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jensenShannon } from '../../../src/verification/divergence.js';

const distribution = (size: number) =>
  fc
    .array(fc.integer({ min: 0, max: 1000 }), { minLength: size, maxLength: size })
    .filter((weights) => weights.some((weight) => weight > 0))
    .map((weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return weights.map((weight) => weight / total);
    });

describe('jensenShannon', () => {
  it('of one-hot against uniform over ten classes is 0.76 bits', () => {
    const oneHot = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    // m = 0.55 once and 0.05 nine times: (log2(1/0.55) + 0.1 log2(0.1/0.55) + 0.9 log2(2)) / 2
    const byHand = (Math.log2(1 / 0.55) + 0.1 * Math.log2(0.1 / 0.55) + 0.9) / 2;
    expect(byHand).toBeCloseTo(0.76, 2);
    expect(jensenShannon(oneHot, Array(10).fill(0.1))).toBeCloseTo(byHand, 12);
  });

  it('of disjoint distributions is one bit', () => {
    expect(jensenShannon([0.5, 0.5, 0], [0, 0, 1])).toBe(1);
  });

  it('is symmetric, lies between 0 and 1 and is 0 for equal distributions', () => {
    fc.assert(
      fc.property(distribution(5), distribution(5), (p, q) => {
        const divergence = jensenShannon(p, q);
        expect(divergence).toBeGreaterThanOrEqual(0);
        expect(divergence).toBeLessThanOrEqual(1 + 1e-12);
        expect(jensenShannon(q, p)).toBeCloseTo(divergence, 12);
        expect(jensenShannon(p, p)).toBeCloseTo(0, 12);
      }),
    );
  });

  it('refuses distributions over different classes', () => {
    expect(() => jensenShannon([1], [0.5, 0.5])).toThrow(RangeError);
  });
});
