import type { DoubleProducts } from '../../blas/doubleProducts.js';
import { rowsByPlace, rowsOf } from '../calibration/byContent.js';
import { temperatureOf } from '../calibration/temperature.js';
import type { ClassVectors } from '../trainer.js';
import { halfSolved } from './cholesky.js';
import type { AnalyticConfig } from './config.js';
import { type FeatureMap, featuresOf } from './features.js';
import { UNIT } from './fixedPoint.js';
import type { AnalyticState } from './state.js';
import { vectorWeight } from './statistics.js';

/** About so many vectors are left out in turn, as many of each class... */
const LEFT_OUT = 1000;
/** ...and at least so many. */
const FEWEST = 2;

/** How many vectors of each class a temperature is found with, where the model knows so many classes. */
export function calibrationVectors(classes: number): number {
  return Math.max(FEWEST, Math.ceil(LEFT_OUT / Math.max(classes, 1)));
}

/**
 * The temperature factor of a model on vectors that it was made with, each predicted by the model without it: in closed form,
 * so that the model itself does without none. A class counts for as much as it has vectors.
 * @param factor L of G + lambda I = L L^T
 * @param known vectors of the model's classes
 * @returns 1 where a class has none: of some classes alone, nothing follows for all
 */
export async function leftOutTemperature(
  state: Omit<AnalyticState, 'temperatureFactor'>,
  factor: Float64Array,
  known: ClassVectors,
  config: Pick<AnalyticConfig, 'temperature' | 'balance'>,
  map: FeatureMap,
  products: DoubleProducts,
): Promise<number> {
  const { classes, statistics, weights, dimension } = state;
  const most = calibrationVectors(classes.length);
  const places = known.classes.map((name) => classes.indexOf(name));
  const chosen = rowsByPlace(known, dimension).flatMap((rows, label) =>
    (places[label] as number) < 0 ? [] : rows.slice(0, most).map(({ row }) => row),
  );
  const { vectors, labels: given } = rowsOf(known, chosen, dimension);
  const labels = given.map((label) => places[label] as number);
  const drawn = classes.map((_, place) => labels.reduce((sum, label) => sum + Number(label === place), 0));
  if (drawn.includes(0)) return 1;
  const features = (await featuresOf(vectors, map, products)).map((value) => value / UNIT);
  const counted = statistics.counts.map((count) => vectorWeight(count, config));
  const scores = await leftOutScores(
    { features, labels, counted },
    { weights, factor },
    statistics.width,
    products,
  );
  return temperatureOf({
    logits: scores.map((score) => score / config.temperature),
    labels,
    classes: classes.length,
    weights: Float64Array.from(labels, (label) => share(statistics.counts, label) / share(drawn, label)),
  });
}

/** Of a class among all. */
function share(counts: readonly number[], place: number): number {
  return (counts[place] as number) / counts.reduce((sum, count) => sum + count, 0);
}

/**
 * Scores of each vector by the head that is made without it: (s - h y) / (1 - h) with the scores s of the head that is made
 * with it, the targets y and the leverage h = w phi^T (G + lambda I)^-1 phi [Sherman and Morrison]. Exact where w, how much a
 * vector of its class counts, stays the same.
 * @param rows features of vectors that the head was made with, shape [n, width], their classes, and w of each class
 * @returns shape [n, classes]
 */
export async function leftOutScores(
  {
    features,
    labels,
    counted,
  }: {
    readonly features: Float64Array;
    readonly labels: Int32Array;
    readonly counted: readonly number[];
  },
  { weights, factor }: { readonly weights: Float64Array; readonly factor: Float64Array },
  width: number,
  products: DoubleProducts,
): Promise<Float64Array> {
  const scores = await products.timesTransposed(features, weights, width);
  const halves = await halfSolved(factor, features, width, products);
  const classes = weights.length / width;
  labels.forEach((label, row) => {
    const half = halves.subarray(row * width, (row + 1) * width);
    const leverage = (counted[label] as number) * half.reduce((sum, value) => sum + value * value, 0);
    for (let place = 0; place < classes; place++) {
      const at = row * classes + place;
      const target = place === label ? 1 : 0;
      scores[at] = ((scores[at] as number) - leverage * target) / (1 - leverage);
    }
  });
  return scores;
}
