import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auroc, falsePositiveRate } from '../../../src/verification/auroc.js';

describe('auroc', () => {
  it('is 1 for scores that are apart, 0 the other way round, and a half for equal ones', () => {
    expect(auroc([3, 4], [1, 2])).toBe(1);
    expect(auroc([1, 2], [3, 4])).toBe(0);
    expect(auroc([1, 1], [1, 1, 1])).toBe(0.5);
    expect(auroc([], [1])).toBeNaN();
  });

  it('is the share of pairs in the right order, ties counting half', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(scores, scores, (positives, negatives) => {
        const pairs = positives.flatMap((p) => negatives.map((n) => (p > n ? 1 : p === n ? 0.5 : 0)));
        const expected = pairs.reduce<number>((sum, each) => sum + each, 0) / pairs.length;
        expect(auroc(positives, negatives)).toBeCloseTo(expected, 12);
      }),
    );
  });
});

describe('falsePositiveRate', () => {
  it('counts the negatives at or above the level that the share of positives passes', () => {
    const positives = Array.from({ length: 100 }, (_, i) => i);
    expect(falsePositiveRate(positives, [0, 4, 5, 50], 0.95)).toBe(0.5);
  });
});
