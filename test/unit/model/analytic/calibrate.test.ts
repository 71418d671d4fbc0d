import { afterAll, describe, expect, it } from 'vitest';
import { createDoubleProducts } from '../../../../src/blas/doubleProducts.js';
import { calibrationVectors, leftOutScores } from '../../../../src/model/analytic/calibrate.js';
import { featureMap, featuresOf } from '../../../../src/model/analytic/features.js';
import { UNIT } from '../../../../src/model/analytic/fixedPoint.js';
import { ridgeHead } from '../../../../src/model/analytic/head.js';
import { NO_CLASSES, revise } from '../../../../src/model/analytic/revise.js';
import { statisticsOf, vectorWeight } from '../../../../src/model/analytic/statistics.js';
import { rowsOf } from '../../../../src/model/calibration/byContent.js';
import { temperatureOf } from '../../../../src/model/calibration/temperature.js';
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

describe.each([
  [0, false],
  [80, false],
  [0, true],
])('scores of vectors left out (projection %i, balance %s)', (projection, balance) => {
  const settings = config({ projection, balance });
  const map = featureMap(DIMENSION, settings);
  const uneven = unevenClasses(['a', 'b', 'c'], 7, DIMENSION);
  const counts = [7, 9, 11];
  const leftOut = async () => {
    const statistics = await statisticsOf(uneven, settings, map, products);
    const features = (await featuresOf(uneven.vectors, map, products)).map((value) => value / UNIT);
    const counted = counts.map((count) => vectorWeight(count, settings));
    const head = await ridgeHead(statistics, settings, products);
    const scores = await leftOutScores(
      { features, labels: uneven.labels, counted },
      head,
      map.width,
      products,
    );
    return { features, scores };
  };

  it('are those of heads that are made without them, one by one', async () => {
    const { features, scores } = await leftOut();
    const rows = [...uneven.labels].map((label, row) => ({
      features: [...features.subarray(row * map.width, (row + 1) * map.width)],
      label,
      weight: balance ? 9 / (counts[label] as number) : 1,
    }));
    const refitted = rows.flatMap((left) => {
      const others = rows.filter((each) => each !== left);
      return eliminatedHead(others, 3, settings.lambda).map((weights) =>
        weights.reduce((sum, weight, i) => sum + weight * (left.features[i] as number), 0),
      );
    });
    expect(relativeDifference(scores, refitted)).toBeLessThan(balance ? 1e-4 : 1e-9);
  });

  it('give the temperature of the model', async () => {
    const state = await revise(null, { learned: uneven, forgotten: NO_CLASSES }, settings, map, products);
    const logits = (await leftOut()).scores.map((score) => score / settings.temperature);
    expect(state.temperatureFactor).toBe(temperatureOf({ logits, labels: uneven.labels, classes: 3 }));
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
