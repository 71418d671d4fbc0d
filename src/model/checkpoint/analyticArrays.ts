import type { AnalyticState } from '../analytic/state.js';
import { decodedDoubles, laidOut, type NamedArray, sizeOf } from './arrays.js';
import { corrupt } from './checkpointFiles.js';
import { type AnalyticManifest, MANIFEST_FILE, type StoredArray, WEIGHTS_FILE } from './manifest.js';

/** The arrays of an analytic state, in the order in which a checkpoint holds them; all float64. */
export function analyticArraysOf({ statistics, weights }: AnalyticState): NamedArray<Float64Array>[] {
  const values = [statistics.gram, statistics.sums, weights] as const;
  return expectedAnalyticArrays(statistics.width, statistics.counts.length).map(({ name, shape }, index) => ({
    name,
    shape,
    values: values[index] as Float64Array,
  }));
}

/** An analytic state from its manifest and the bytes of its numbers, whose hash was checked. */
export function analyticStateOf(manifest: AnalyticManifest, bytes: Buffer): AnalyticState {
  const { dimension, tasks, classes, width, counts, temperatureFactor } = manifest;
  const expected = expectedAnalyticArrays(width, classes.length);
  if (JSON.stringify(manifest.arrays) !== JSON.stringify(expected) || counts.length !== classes.length) {
    throw corrupt(MANIFEST_FILE, 'lists arrays that do not fit its sizes');
  }
  const total = expected.reduce((sum, array) => sum + sizeOf(array), 0);
  if (bytes.length !== total * Float64Array.BYTES_PER_ELEMENT) {
    throw corrupt(WEIGHTS_FILE, `has ${bytes.length} bytes, not those of ${total} numbers`);
  }
  const numbers = decodedDoubles(bytes);
  const [gram, sums, weights] = expected.map((array) =>
    numbers.subarray(array.offset, array.offset + sizeOf(array)),
  ) as [Float64Array, Float64Array, Float64Array];
  return { dimension, tasks, classes, statistics: { width, gram, sums, counts }, weights, temperatureFactor };
}

function expectedAnalyticArrays(width: number, classes: number): StoredArray[] {
  return laidOut([
    ['gram', [(width * (width + 1)) / 2]],
    ['sums', [classes, width]],
    ['weights', [classes, width]],
  ]);
}
