import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDoubleProducts, type DoubleProducts } from '../../../../../src/blas/doubleProducts.js';
import { normalised, stacked } from '../../../../../src/domain/vector.js';
import { ClassSums } from '../../../../../src/model/filter/linear/classSums.js';
import {
  type Discriminant,
  discriminantOf,
  inverseOf,
  leftOutScores,
  rowsOf,
} from '../../../../../src/model/filter/linear/discriminant.js';
import { randomOf } from '../../../../../src/model/ssre/random.js';

const DIMENSION = 6;
const NAMES = ['cat', 'dog', 'ship'];

/** Clouds of unit vectors around different directions. */
function clouds(counts: readonly number[], seed = 3): ReadonlyMap<string, Float32Array[]> {
  const random = randomOf(seed);
  return new Map(
    counts.map((count, place) => [
      NAMES[place] as string,
      Array.from({ length: count }, () =>
        normalised(
          Float32Array.from({ length: DIMENSION }, (_, i) => (i === place ? 2 : 0) + 0.7 * random.normal()),
        ),
      ),
    ]),
  );
}

describe('the linear discriminant', () => {
  let products: DoubleProducts;
  beforeAll(async () => {
    products = await createDoubleProducts(1);
  });
  afterAll(() => products.release());

  async function sumsOf(
    all: ReadonlyMap<string, readonly Float32Array[]>,
    portion = 100,
  ): Promise<ClassSums> {
    const sums = new ClassSums(DIMENSION, products);
    for (const [name, vectors] of all) {
      for (let start = 0; start < vectors.length; start += portion)
        await sums.add(name, stacked(vectors.slice(start, start + portion), DIMENSION));
    }
    return sums;
  }
  const fitted = async (all: ReadonlyMap<string, readonly Float32Array[]>): Promise<Discriminant> =>
    discriminantOf(await sumsOf(all), [...all.keys()], products);
  /** Scores by the definition: the log-likelihood with the covariance A, up to what all classes share. */
  const scoresOf = async (discriminant: Discriminant, vector: Float32Array): Promise<number[]> => {
    const { rows, biases } = await rowsOf(discriminant, products);
    return [...biases].map((bias, k) =>
      vector.reduce((sum, value, i) => sum + value * (rows[k * DIMENSION + i] as number), bias),
    );
  };
  const differences = (scores: readonly number[]): number[] =>
    scores.map((score) => score - (scores[0] as number));

  it('has the same sums to the last bit, in whatever portions and order the vectors come', async () => {
    const all = clouds([30, 20, 25]);
    const reversed = new Map([...all].reverse().map(([name, vectors]) => [name, [...vectors].reverse()]));
    const [one, other] = [await sumsOf(all), await sumsOf(reversed, 7)];
    expect(other.means(NAMES)).toEqual(one.means(NAMES));
    expect(NAMES.map((name) => other.countOf(name))).toEqual([30, 20, 25]);
    // What is computed from the sums afterwards may differ in the last bit: its own sum goes over the classes in their order.
    const [a, b] = [await one.within(), await other.within()];
    for (const [at, value] of a.entries()) expect(b[at]).toBeCloseTo(value, 12);
  });

  it('whitens the scatter within the classes', async () => {
    const all = clouds([40, 40, 40]);
    const { whitening, means, dimension } = await fitted(all);
    const scatter = new Float64Array(dimension * dimension);
    for (const [name, vectors] of all) {
      const place = NAMES.indexOf(name);
      for (const vector of vectors) {
        const white = Array.from({ length: dimension }, (_, row) => {
          const whitened = vector.reduce(
            (sum, x, i) => sum + x * (whitening[row * dimension + i] as number),
            0,
          );
          return whitened - (means[place * dimension + row] as number);
        });
        for (let i = 0; i < dimension; i++)
          for (let j = 0; j < dimension; j++)
            scatter[i * dimension + j] =
              (scatter[i * dimension + j] as number) + (white[i] as number) * (white[j] as number);
      }
    }
    // Less than 1 by the vectors that are imagined.
    for (let i = 0; i < dimension; i++) {
      expect(scatter[i * dimension + i]).toBeGreaterThan(0.5);
      expect(scatter[i * dimension + i]).toBeLessThan(1);
      for (let j = 0; j < i; j++) expect(Math.abs(scatter[i * dimension + j] as number)).toBeLessThan(0.1);
    }
  });

  it('scores the class highest that a vector is of', async () => {
    const discriminant = await fitted(clouds([40, 10, 40]));
    for (const [place, [, vectors]] of [...clouds([20, 20, 20], 9)].entries()) {
      const right = await Promise.all(
        vectors.map(async (vector) => {
          const scores = await scoresOf(discriminant, vector);
          return scores.indexOf(Math.max(...scores)) === place;
        }),
      );
      expect(right.filter(Boolean).length).toBeGreaterThan(15);
    }
  });

  it('scores a left-out vector as a discriminant that was made without it', async () => {
    const all = clouds([12, 9, 5]);
    const discriminant = await fitted(all);
    for (const [own, [name, vectors]] of [...all].entries()) {
      const vector = vectors[2] as Float32Array;
      const leftOut = await leftOutScores(discriminant, vector, [own], products);
      const rest = new Map(all).set(
        name,
        vectors.filter((each) => each !== vector),
      );
      // The ridge, and what the number of vectors makes of the scale, are those of all vectors.
      const without = await discriminantOf(await sumsOf(rest), NAMES, products, discriminant.ridge);
      const expected = differences(await scoresOf({ ...without, freedom: discriminant.freedom }, vector));
      for (const [k, value] of differences([...leftOut]).entries())
        expect(value).toBeCloseTo(expected[k] as number, 2);
    }
  });

  it('knows nothing of a class that is left without a vector', async () => {
    const all = clouds([12, 9, 1]);
    const [only] = all.get('ship') as [Float32Array];
    const scores = [...(await leftOutScores(await fitted(all), only, [2], products))];
    expect(scores[2]).toBe(Number.NEGATIVE_INFINITY);
    expect(scores.slice(0, 2).every(Number.isFinite)).toBe(true);
  });

  it('tells classes apart of which all vectors are the same one', async () => {
    const [a, b] = [
      normalised(Float32Array.of(1, 0, 0, 0, 0, 1)),
      normalised(Float32Array.of(1, 0, 0, 0, 1, 0)),
    ];
    const discriminant = await fitted(
      new Map([
        ['cat', [a, a, a]],
        ['dog', [b, b]],
      ]),
    );
    const [cat = 0, dog = 0] = await scoresOf(discriminant, a);
    expect(cat).toBeGreaterThan(dog);
    const leftOut = await leftOutScores(discriminant, stacked([a, b], DIMENSION), [0, 1], products);
    expect(leftOut[0]).toBeGreaterThan(leftOut[1] as number);
    expect(leftOut[3]).toBeGreaterThan(leftOut[2] as number);
  });

  it('inverts a triangle', () => {
    const l = Float64Array.of(2, 0, 0, 1, 4, 0, -3, 0.5, 5);
    const inverse = inverseOf(l, 3);
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) {
        let sum = 0;
        for (let k = 0; k < 3; k++) sum += (l[i * 3 + k] as number) * (inverse[k * 3 + j] as number);
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 12);
      }
  });
});
