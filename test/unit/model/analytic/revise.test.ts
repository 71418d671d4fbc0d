import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createDoubleProducts } from '../../../../src/blas/doubleProducts.js';
import type { AnalyticConfig } from '../../../../src/model/analytic/config.js';
import { featureMap, featuresOf } from '../../../../src/model/analytic/features.js';
import { UNIT } from '../../../../src/model/analytic/fixedPoint.js';
import { meanSquaredError } from '../../../../src/model/analytic/head.js';
import { NO_CLASSES, revise } from '../../../../src/model/analytic/revise.js';
import type { AnalyticState } from '../../../../src/model/analytic/state.js';
import type { ClassVectors } from '../../../../src/model/trainer.js';
import {
  classVectors,
  config,
  eliminatedHead,
  relativeDifference,
  reordered,
  unevenClasses,
} from './support.js';

const DIMENSION = 6;
const EACH = 9;
const products = await createDoubleProducts(1);
afterAll(() => products.release());

function learner(settings: AnalyticConfig, dimension = DIMENSION) {
  const map = featureMap(dimension, settings);
  const step = (
    state: AnalyticState | null,
    learned: ClassVectors,
    forgotten: ClassVectors = NO_CLASSES,
  ): Promise<AnalyticState> => revise(state, { learned, forgotten }, settings, map, products);
  return { map, step };
}

/** A class's row of weights. */
function rowOf({ classes, weights, statistics }: AnalyticState, name: string): Float64Array {
  const at = classes.indexOf(name) * statistics.width;
  return weights.subarray(at, at + statistics.width);
}

describe('the analytic learner', () => {
  it('finds the weights worked out by hand', async () => {
    // G = diag(2, 1), lambda = 1: (G + I)^-1 = diag(1/3, 1/2); C_a = (2, 0), C_b = (0, 1).
    const { step } = learner(config({ lambda: 1, balance: false }), 2);
    const vectors = Float32Array.from([1, 0, 0, 1, -1, 0].map(Math.abs));
    const state = await step(null, { classes: ['a', 'b'], vectors, labels: Int32Array.from([0, 1, 0]) });
    expect([...state.statistics.gram].map((value) => value / UNIT ** 2)).toEqual([2, 0, 1]);
    expect([...state.weights]).toEqual([2 / 3, 0, 0, 1 / 2].map((value) => expect.closeTo(value, 14)));
    // Errors: a: 2 (1 - 2/3)^2; b: (1 - 1/2)^2.
    expect(meanSquaredError(state.statistics, state.weights, { lambda: 1, balance: false })).toBeCloseTo(
      (2 / 9 + 1 / 4 + 0) / 3,
      14,
    );
  });

  it.each([
    [0, false],
    [17, false],
    [0, true],
    [17, true],
  ])(
    'fits as an elimination on all features does (projection %i, balance %s)',
    async (projection, balance) => {
      const settings = config({ projection, balance });
      const { step, map } = learner(settings);
      const data = unevenClasses(['a', 'b', 'c'], 5, DIMENSION);
      const counts = [5, 7, 9];
      const { weights, statistics } = await step(null, data);
      const features = await featuresOf(data.vectors, map, products);
      const rows = [...data.labels].map((label, row) => ({
        features: [...features.subarray(row * map.width, (row + 1) * map.width)].map((value) => value / UNIT),
        label,
        // A vector of a class of the mean size, 7, counts 1.
        weight: balance ? 7 / (counts[label] as number) : 1,
      }));
      const expected = eliminatedHead(rows, 3, settings.lambda).flat();
      // Rounding of the scaled features, to 2^-16.
      expect(relativeDifference(weights, expected)).toBeLessThan(balance ? 1e-4 : 1e-10);
      const errors = rows.map(({ features: row, label, weight }) =>
        [0, 1, 2].reduce((sum, c) => {
          const score = row.reduce(
            (total, value, i) => total + value * (expected[c * map.width + i] as number),
            0,
          );
          return sum + weight * (score - Number(c === label)) ** 2;
        }, 0),
      );
      const mean = errors.reduce((sum, error) => sum + error, 0) / 21;
      expect(meanSquaredError(statistics, weights, settings)).toBeCloseTo(mean, balance ? 4 : 10);
    },
  );

  it('counts every class the same, unless it is told not to', async () => {
    const many = classVectors(['a'], 200, DIMENSION);
    const few = classVectors(['b'], 3, DIMENSION);
    const data = {
      classes: ['a', 'b'],
      vectors: Float32Array.from([...many.vectors, ...few.vectors]),
      labels: Int32Array.from([...many.labels, ...few.labels.map(() => 1)]),
    };
    const scoreOfFew = async (balance: boolean): Promise<number> => {
      const state = await learner(config({ balance, lambda: 1 })).step(null, data);
      return rowOf(state, 'b').reduce((sum, weight, i) => sum + weight * (few.vectors[i] as number), 0);
    };
    expect(await scoreOfFew(true)).toBeGreaterThan(2 * (await scoreOfFew(false)));
  });

  it('has the weights of a fresh fit on what remains, after any sequence of learning and unlearning', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const sequence = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        sequence,
        fc.constantFrom(0, 11),
        fc.constantFrom(1e-4, 0.1, 10),
        fc.boolean(),
        async (toggled, projection, lambda, balance) => {
          const { step } = learner(config({ projection, lambda, balance }));
          let state = null as AnalyticState | null;
          for (const name of toggled) {
            const one = classVectors([name], EACH + (name.charCodeAt(0) % 3), DIMENSION);
            const known = state?.classes.includes(name) ?? false;
            state = known ? await step(state, NO_CLASSES, one) : await step(state, one);
          }
          const remaining = [...(state?.classes ?? [])];
          const parts = remaining.map((name) =>
            classVectors([name], EACH + (name.charCodeAt(0) % 3), DIMENSION),
          );
          const together = {
            classes: remaining,
            vectors: Float32Array.from(parts.flatMap(({ vectors }) => [...vectors])),
            labels: Int32Array.from(parts.flatMap(({ labels }, index) => [...labels].map(() => index))),
          };
          const fresh = await step(null, reordered(together, DIMENSION));
          // Not a trace is left of what was unlearned: the sums are the same numbers.
          expect(state?.statistics.gram).toEqual(fresh.statistics.gram);
          for (const name of remaining) {
            expect(relativeDifference(rowOf(state as AnalyticState, name), rowOf(fresh, name))).toBeLessThan(
              1e-6,
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('forgets a class that lay between others, and learns one in the same step', async () => {
    const { step } = learner(config());
    const before = await step(null, classVectors(['a', 'b', 'c'], EACH, DIMENSION));
    const after = await step(
      before,
      classVectors(['d'], EACH, DIMENSION),
      classVectors(['b'], EACH, DIMENSION),
    );
    expect(after.classes).toEqual(['a', 'c', 'd']);
    expect(after.statistics.counts).toEqual([EACH, EACH, EACH]);
    expect(after.tasks).toBe(2);
    expect(after.weights).toEqual((await step(null, classVectors(['a', 'c', 'd'], EACH, DIMENSION))).weights);
    expect(before.classes).toEqual(['a', 'b', 'c']);
  });

  it('leaves no sign of a forgotten class, unlike dropping only its row', async () => {
    const { step } = learner(config({ lambda: 1e-3 }));
    const all = await step(null, classVectors(['a', 'b', 'c'], EACH, DIMENSION));
    const forgot = await step(all, NO_CLASSES, classVectors(['c'], EACH, DIMENSION));
    const fresh = await step(null, classVectors(['a', 'b'], EACH, DIMENSION));
    expect(forgot.weights).toEqual(fresh.weights);
    expect(relativeDifference(rowOf(all, 'a'), rowOf(fresh, 'a'))).toBeGreaterThan(0.01);
  });

  it('knows nothing after it forgot everything', async () => {
    const { step } = learner(config());
    const one = classVectors(['a'], EACH, DIMENSION);
    const nothing = await step(await step(null, one), NO_CLASSES, one);
    expect(nothing.classes).toEqual([]);
    expect(nothing.weights).toHaveLength(0);
    expect(nothing.statistics.gram.every((value) => value === 0)).toBe(true);
  });

  it('refuses to take out other vectors than it was given', async () => {
    const { step } = learner(config());
    const state = await step(null, classVectors(['a', 'b'], EACH, DIMENSION));
    const { classes, vectors, labels } = classVectors(['b'], EACH, DIMENSION);
    const fewer = { classes, vectors: vectors.subarray(DIMENSION), labels: labels.subarray(1) };
    const changed = { classes, vectors: vectors.map((value, at) => (at === 3 ? -value : value)), labels };
    for (const other of [fewer, changed]) {
      await expect(step(state, NO_CLASSES, other)).rejects.toMatchObject({
        code: 'training-failed',
        field: 'forgotten.classes.0',
      });
    }
  });

  it('refuses known classes, unknown ones, other dimensions and numbers that are none', async () => {
    const { step } = learner(config());
    const one = classVectors(['a'], EACH, DIMENSION);
    const state = await step(null, one);
    await expect(step(state, one)).rejects.toMatchObject({ code: 'class-known', value: 'a' });
    await expect(step(state, NO_CLASSES, classVectors(['b'], 1, DIMENSION))).rejects.toMatchObject({
      code: 'unknown-class',
      field: 'forgotten.classes.0',
    });
    await expect(step(state, classVectors(['b'], 1, DIMENSION + 1))).rejects.toMatchObject({
      code: 'wrong-dimension',
    });
    const notFinite = {
      classes: ['b'],
      vectors: one.vectors.slice().fill(Number.NaN, 7, 8),
      labels: one.labels,
    };
    await expect(step(state, notFinite)).rejects.toMatchObject({
      code: 'invalid-vector',
      field: 'vectors.1',
    });
  });

  it('refuses a lambda that is too small for the numbers', async () => {
    const { step } = learner(config({ lambda: 1e-300 }));
    await expect(step(null, classVectors(['a'], 2, DIMENSION))).rejects.toMatchObject({
      code: 'training-failed',
      field: 'learning.analytic.lambda',
    });
  });
});

describe('the random projection', () => {
  it('adds features to vectors of few components, unless a width is set', () => {
    const widths = [6, 512, 1023, 1024, 2048].map(
      (each) => featureMap(each, { projection: 'auto', seed: 1 }).width,
    );
    expect(widths).toEqual([6 + 1024, 512 + 1024, 1536, 1024, 2048]);
    expect(featureMap(6, { projection: 3, seed: 1 }).width).toBe(9);
  });

  it('is the same for the same seed, and another for another', () => {
    const of = (seed: number) => featureMap(DIMENSION, { projection: 8, seed }).projection;
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it('adds features of about length 1, the same in whatever company', async () => {
    const map = featureMap(DIMENSION, { projection: 2000, seed: 3 });
    const { vectors } = classVectors(['a', 'b'], 4, DIMENSION);
    const together = await featuresOf(vectors, map, products);
    for (let row = 0; row < 8; row++) {
      const alone = await featuresOf(vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION), map, products);
      expect(alone).toEqual(together.slice(row * map.width, (row + 1) * map.width));
      const [own, added] = [alone.slice(0, DIMENSION), alone.slice(DIMENSION)];
      expect([...own].map((value) => value / UNIT)).toEqual(
        [...vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION)].map((value) =>
          expect.closeTo(value, 4),
        ),
      );
      expect(Math.hypot(...added) / UNIT).toBeCloseTo(1, 0);
      expect(added.every((value) => value >= 0)).toBe(true);
    }
  });
});
