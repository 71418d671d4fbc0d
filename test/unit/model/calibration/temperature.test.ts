import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HeldOutLogits, temperatureOf } from '../../../../src/model/calibration/temperature.js';
import { randomOf } from '../../../../src/model/ssre/random.js';

/** So many rows of the same logits, the first `right` of them of the first class. */
function alike(logits: readonly number[], count: number, right: number): HeldOutLogits {
  return {
    logits: Float64Array.from({ length: count * logits.length }, (_, at) => logits[at % logits.length] ?? 0),
    labels: Int32Array.from({ length: count }, (_, row) => (row < right ? 0 : 1)),
    classes: logits.length,
  };
}

/** Logits from N(0, 3), with labels that are drawn from softmax(logits / temperature). */
function drawn(temperature: number, count: number, classes: number): HeldOutLogits {
  const random = randomOf(7, count, classes);
  const logits = Float64Array.from({ length: count * classes }, () => 3 * random.normal());
  const labels = Int32Array.from({ length: count }, (_, row) => {
    const weights = [...logits.subarray(row * classes, (row + 1) * classes)].map((z) =>
      Math.exp(z / temperature),
    );
    let left = (random.below(2 ** 30) / 2 ** 30) * weights.reduce((sum, weight) => sum + weight, 0);
    const label = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    return Math.max(label, 0);
  });
  return { logits, labels, classes };
}

describe('the temperature of held-out logits', () => {
  it('is that worked out by hand: two classes, four fifths right', () => {
    // The best probability is the smoothed share of right ones: 1 / (1 + exp(-5 / T)) = q.
    const [count, e] = [1000, 1 / 1002];
    const q = 0.8 * (1 - e) + 0.2 * e;
    expect(temperatureOf(alike([5, 0], count, 800))).toBeCloseTo(5 / Math.log(q / (1 - q)), 3);
    expect(temperatureOf(alike([0.1, 0], count, 800))).toBeCloseTo(0.1 / Math.log(q / (1 - q)), 4);
  });

  it('makes nothing certain where all of a few are right', () => {
    // q = 1 - 1 / 12, so T = 1 / ln(11).
    expect(temperatureOf(alike([1, 0], 10, 10))).toBeCloseTo(1 / Math.log(11), 3);
  });

  it.each([0.5, 1, 2.5])('finds the one by which the labels were drawn: %f', (temperature) => {
    const found = temperatureOf(drawn(temperature, 20_000, 5));
    expect(Math.abs(found / temperature - 1)).toBeLessThan(0.05);
  });

  it('takes a row of weight 2 as two, up to the smoothing', () => {
    const once = alike([3, 0], 4000, 3000);
    const weights = Float64Array.from(once.labels, (label) => (label === 1 ? 3 : 1));
    // Half are right by weight.
    expect(temperatureOf({ ...once, weights })).toBeGreaterThan(31);
    expect(temperatureOf({ ...once, weights: weights.fill(2) })).toBe(temperatureOf(once));
  });

  it('is 1 where there is nothing to find it by', () => {
    expect(temperatureOf({ logits: new Float32Array(0), labels: new Int32Array(0), classes: 3 })).toBe(1);
    expect(temperatureOf(alike([7], 5, 5))).toBe(1);
    expect(temperatureOf(alike([Number.NaN, 0], 5, 5))).toBe(1);
    expect(temperatureOf(alike([Number.POSITIVE_INFINITY, 0], 5, 5))).toBe(1);
  });

  it('is positive, bounded and of four digits, whatever the logits', () => {
    const rows = fc.array(fc.tuple(fc.float({ noNaN: true, min: -1000, max: 1000 }), fc.nat(1)), {
      minLength: 1,
    });
    fc.assert(
      fc.property(rows, (all) => {
        const found = temperatureOf({
          logits: Float32Array.from(all.flatMap(([logit]) => [logit, 0])),
          labels: Int32Array.from(all, ([, label]) => label),
          classes: 2,
        });
        expect(found).toBeGreaterThan(0.03);
        expect(found).toBeLessThanOrEqual(32);
        expect(Number(found.toPrecision(4))).toBe(found);
      }),
    );
  });
});
