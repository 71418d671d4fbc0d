import { afterAll, describe, expect, it } from 'vitest';
import { createDoubleProducts } from '../../../../src/blas/doubleProducts.js';
import { calibrationVectors, leftOutScores } from '../../../../src/model/analytic/calibrate.js';
import { featureMap, featuresOf } from '../../../../src/model/analytic/features.js';
import { UNIT } from '../../../../src/model/analytic/fixedPoint.js';
import { ridgeHead } from '../../../../src/model/analytic/head.js';
import { NO_CLASSES, revise } from '../../../../src/model/analytic/revise.js';
import { statisticsOf } from '../../../../src/model/analytic/statistics.js';
import { rowsOf } from '../../../../src/model/calibration/byContent.js';
import { temperatureOf } from '../../../../src/model/calibration/temperature.js';
import type { ClassVectors } from '../../../../src/model/trainer.js';
import { classVectors, config, relativeDifference, reordered } from './support.js';

const DIMENSION = 6;
const EACH = 9;
const products = await createDoubleProducts(1);
afterAll(() => products.release());
const data = classVectors(['a', 'b', 'c'], EACH, DIMENSION);

function of(names: readonly string[], all: ClassVectors = data): ClassVectors {
  const rows = [...all.labels.keys()].filter((row) =>
    names.includes(all.classes[all.labels[row] as number] ?? ''),
  );
  const { vectors, labels } = rowsOf(all, rows, DIMENSION);
  return {
    classes: names,
    vectors,
    labels: labels.map((label) => names.indexOf(all.classes[label] as string)),
  };
}

describe.each([0, 80])('scores of vectors left out (projection %i)', (projection) => {
  const settings = config({ projection });
  const map = featureMap(DIMENSION, settings);
  const head = async (vectors: ClassVectors) =>
    ridgeHead(await statisticsOf(vectors, map, products), settings.lambda, products);
  const features = async (vectors: Float32Array) =>
    (await featuresOf(vectors, map, products)).map((value) => value / UNIT);

  it('are those of heads that are made without them, one by one', async () => {
    const scores = await leftOutScores(
      { features: await features(data.vectors), labels: data.labels },
      await head(data),
      map.width,
      products,
    );
    const rows = [...data.labels.keys()];
    const refitted: number[] = [];
    for (const row of rows) {
      const others = rowsOf(
        data,
        rows.filter((each) => each !== row),
        DIMENSION,
      );
      const own = await features(data.vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION));
      refitted.push(...(await products.timesTransposed(own, (await head(others)).weights, map.width)));
    }
    expect(relativeDifference(scores, refitted)).toBeLessThan(1e-9);
  });

  it('give the temperature of the model', async () => {
    const state = await revise(null, { learned: data, forgotten: NO_CLASSES }, settings, map, products);
    const scores = await leftOutScores(
      { features: await features(data.vectors), labels: data.labels },
      await head(data),
      map.width,
      products,
    );
    const logits = scores.map((score) => score / settings.temperature);
    expect(state.temperatureFactor).toBe(temperatureOf({ logits, labels: data.labels, classes: 3 }));
    expect(state.temperatureFactor).not.toBe(1);
  });
});

describe('the temperature of the analytic learner', () => {
  const settings = config();
  const map = featureMap(DIMENSION, settings);
  const step = (state: Parameters<typeof revise>[0], over: Partial<Parameters<typeof revise>[1]>) =>
    revise(state, { learned: NO_CLASSES, forgotten: NO_CLASSES, ...over }, settings, map, products);

  it('after a class was taken out is that of a model that never knew it', async () => {
    const all = await step(null, { learned: data });
    const without = await step(all, { forgotten: of(['b']), staying: of(['c', 'a']) });
    const fresh = await step(null, { learned: reordered(of(['a', 'c']), DIMENSION) });
    expect(without.temperatureFactor).toBe(fresh.temperatureFactor);
    expect(without.temperatureFactor).not.toBe(all.temperatureFactor);
    const back = await step(without, { learned: of(['b']), staying: of(['a', 'c']) });
    expect(back.temperatureFactor).toBe(all.temperatureFactor);
  });

  it('is 1 where nothing is there of a class, and where it is turned off', async () => {
    const first = await step(null, { learned: of(['a', 'b']) });
    expect((await step(first, { learned: of(['c']) })).temperatureFactor).toBe(1);
    expect((await step(first, { learned: of(['c']), staying: of(['a']) })).temperatureFactor).toBe(1);
    const off = await revise(
      null,
      { learned: data, forgotten: NO_CLASSES },
      config({ calibrate: false }),
      map,
      products,
    );
    expect(off.temperatureFactor).toBe(1);
  });

  it('counts a class for as much as it has vectors', async () => {
    // Many of one class and few of two that are hard to tell apart: alike weights would make the model look worse.
    const many = { ...classVectors(['a'], 1200, DIMENSION), classes: ['many'] };
    const state = await step(null, { learned: many });
    const mixed = await step(state, { learned: of(['b', 'c']), staying: many });
    const few = await step(null, { learned: of(['b', 'c']) });
    expect(mixed.temperatureFactor).toBeLessThan(few.temperatureFactor);
  });

  it('is found with about a thousand vectors, and with two of each class at least', () => {
    expect([0, 1, 3, 10, 100, 10_000].map(calibrationVectors)).toEqual([1000, 1000, 334, 100, 10, 2]);
  });
});
