import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawFrom, uniformFor } from '../../../../src/model/answer/draw.js';

describe('uniformFor', () => {
  it('is the same for a query whenever and wherever it is asked, and another for another query or seed', () => {
    expect(uniformFor(7, 'q')).toBe(uniformFor(7, 'q'));
    expect(uniformFor(7, 'q')).not.toBe(uniformFor(7, 'r'));
    expect(uniformFor(7, 'q')).not.toBe(uniformFor(8, 'q'));
  });

  it('keeps seed and id apart', () => {
    expect(uniformFor(1, '2\nq')).not.toBe(uniformFor(12, 'q'));
    expect(uniformFor(1, '2q')).not.toBe(uniformFor(12, 'q'));
  });

  it('is spread evenly over [0, 1)', () => {
    const bins = new Array<number>(10).fill(0);
    for (let query = 0; query < 10_000; query++) {
      const bin = Math.floor(uniformFor(3, `${query}`) * 10);
      bins[bin] = (bins[bin] ?? Number.NaN) + 1;
    }
    expect(bins).toHaveLength(10);
    const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 99.9 % quantile of chi-square with nine degrees of freedom.
    expect(chiSquare).toBeLessThan(27.9);
  });
});

describe('drawFrom', () => {
  it('inverts the cumulative sum', () => {
    const probabilities = [0.25, 0, 0.5, 0.25];
    const drawn = [0, 0.2499, 0.25, 0.7499, 0.75, 0.9999].map((u) => drawFrom(probabilities, u));
    expect(drawn).toEqual([0, 0, 2, 2, 3, 3]);
    // As where rounding leaves the sum below u: the last possible one, not the last one.
    expect(drawFrom([0.25, 0.5, 0], 0.9)).toBe(1);
  });

  it('never draws what is impossible, also where rounding leaves the sum below u', () => {
    const weights = fc
      .array(fc.integer({ min: 0, max: 5 }), { minLength: 1 })
      .filter((all) => all.some((weight) => weight > 0));
    const u = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(weights, u, (all, uniform) => {
        const total = all.reduce((sum, weight) => sum + weight, 0);
        const probabilities = all.map((weight) => (weight / total) * 0.999);
        expect(probabilities[drawFrom(probabilities, uniform)]).toBeGreaterThan(0);
      }),
    );
  });
});
