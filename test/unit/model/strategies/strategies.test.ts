import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAPER_STRATEGIES } from '../../../../src/domain/messages/prediction.js';
import { normalised } from '../../../../src/domain/vector.js';
import { drawFrom, uniformFor } from '../../../../src/model/answer/draw.js';
import { STRATEGIES } from '../../../../src/model/strategies/index.js';
import type { AnswerableClass } from '../../../../src/model/strategies/strategy.js';

const unit = fc
  .array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 })
  .filter((components) => components.some((component) => component !== 0))
  .map((components) => normalised(Float32Array.from(components)));
const remaining: fc.Arbitrary<AnswerableClass[]> = fc.uniqueArray(
  fc.record({ name: fc.string({ minLength: 1 }), count: fc.integer({ min: 1, max: 9000 }), centroid: unit }),
  { minLength: 1, maxLength: 12, selector: ({ name }) => name },
);

/** Classes on the axes; z is nearest to the first, then to the second. */
const Z = normalised(Float32Array.of(3, 2, 1));
const AXES: AnswerableClass[] = [
  { name: 'x', count: 10, centroid: Float32Array.of(1, 0, 0) },
  { name: 'y', count: 20, centroid: Float32Array.of(0, 1, 0) },
  { name: 'z', count: 70, centroid: Float32Array.of(0, 0, 1) },
];

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of actual.entries()) expect(value).toBeCloseTo(expected[index] as number, 6);
}

describe.each(PAPER_STRATEGIES)('strategy %s', (name) => {
  const strategy = STRATEGIES[name];

  it('is a distribution over the remaining classes, whatever they are', () => {
    fc.assert(
      fc.property(unit, remaining, (z, classes) => {
        const probabilities = strategy(z, classes);
        expect(probabilities).toHaveLength(classes.length);
        expect(probabilities.every((probability) => probability >= 0 && probability <= 1)).toBe(true);
        expect(probabilities.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('gives each class its probability whatever the order of the classes', () => {
    const forwards = strategy(Z, AXES);
    const backwards = strategy(Z, [...AXES].reverse());
    expectClose([...backwards].reverse(), forwards);
  });

  it('draws each class as often as its probability says (chi-square, fixed seed)', () => {
    const draws = 20_000;
    const probabilities = strategy(Z, AXES);
    const counts = AXES.map(() => 0);
    for (let query = 0; query < draws; query++) {
      const index = drawFrom(probabilities, uniformFor(1993, `query-${query}`));
      counts[index] = (counts[index] as number) + 1;
    }
    const chiSquare = probabilities.reduce((sum, probability, index) => {
      const expected = probability * draws;
      if (expected === 0) {
        expect(counts[index]).toBe(0);
        return sum;
      }
      return sum + ((counts[index] as number) - expected) ** 2 / expected;
    }, 0);
    // 99.9 % quantile of chi-square with two degrees of freedom.
    expect(chiSquare).toBeLessThan(13.8);
  });
});

describe('uniform (Eq. 6)', () => {
  it('gives every class 1 / C', () => expectClose(STRATEGIES.uniform(Z, AXES), [1 / 3, 1 / 3, 1 / 3]));
});

describe('proportional (Eq. 7)', () => {
  it('weighs by the number of training samples n_c', () =>
    expectClose(STRATEGIES.proportional(Z, AXES), [0.1, 0.2, 0.7]));
});

describe('inverse (Eq. 8)', () => {
  it('weighs by 1 / d, d = 1 - cosine similarity', () => {
    const d = [3, 2, 1].map((component) => 1 - component / Math.sqrt(14));
    const total = d.reduce((sum, distance) => sum + 1 / distance, 0);
    expectClose(
      STRATEGIES.inverse(Z, AXES),
      d.map((distance) => 1 / distance / total),
    );
  });

  it('gives all to the centroids that coincide with the input, in equal parts', () => {
    const twin = { name: 'twin', count: 1, centroid: Float32Array.of(1, 0, 0) };
    expectClose(STRATEGIES.inverse(Float32Array.of(1, 0, 0), [...AXES, twin]), [0.5, 0, 0, 0.5]);
  });

  it('never gives less to a nearer class', () => {
    fc.assert(
      fc.property(unit, remaining, (z, classes) => {
        const probabilities = STRATEGIES.inverse(z, classes);
        const best = STRATEGIES.nearest(z, classes).indexOf(1);
        expect(probabilities[best]).toBeCloseTo(Math.max(...probabilities), 9);
      }),
    );
  });
});

describe('nearest (Eq. 9)', () => {
  it('names the class with the nearest centroid', () =>
    expect(STRATEGIES.nearest(Z, AXES)).toEqual([1, 0, 0]));

  it('names the first of equally near ones', () => {
    const z = normalised(Float32Array.of(0, 1, 1));
    expect(STRATEGIES.nearest(z, AXES)).toEqual([0, 1, 0]);
  });
});
