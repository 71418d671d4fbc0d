import { describe, expect, it } from 'vitest';
import { rowOf } from '../../../../src/domain/vector.js';
import { LowestPlaces, placeOf, rowsByPlace } from '../../../../src/model/calibration/byContent.js';
import { classVectors, reordered } from '../analytic/support.js';

const DIMENSION = 6;
const data = classVectors(['a', 'b'], 40, DIMENSION);
const rows = [...data.labels.keys()].map((row) => rowOf(data.vectors, row, DIMENSION));

describe('the place of a vector', () => {
  it('depends on its numbers alone, and is spread over [0, 1)', () => {
    const places = rows.map(placeOf);
    expect(rows.map((row) => placeOf(row.slice()))).toEqual(places);
    expect(new Set(places).size).toBe(rows.length);
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...places)).toBeLessThan(1);
    // 80 of them: the mean has a standard deviation of 0.032.
    expect(Math.abs(places.reduce((sum, place) => sum + place, 0) / places.length - 0.5)).toBeLessThan(0.15);
  });

  it('orders the rows of each class, whatever order they came in', () => {
    const [a] = rowsByPlace(data, DIMENSION);
    const other = reordered(data, DIMENSION);
    const [, again] = rowsByPlace(other, DIMENSION);
    expect(a?.map(({ place }) => place)).toEqual(again?.map(({ place }) => place));
    expect(a?.map(({ place }) => place)).toEqual(
      rows
        .slice(0, 40)
        .map(placeOf)
        .sort((x, y) => x - y),
    );
  });
});

describe('the lowest places of a stream', () => {
  it.each([0, 1, 7, 80, 100])('are the %i first of all, in order', (size) => {
    const lowest = new LowestPlaces(size);
    for (const row of rows) lowest.offer(row);
    const expected = rows.map(placeOf).sort((x, y) => x - y);
    expect(lowest.vectors.map(placeOf)).toEqual(expected.slice(0, size));
  });

  it('are copies: what they came from may be used again', () => {
    const lowest = new LowestPlaces(1);
    const row = Float32Array.of(1, 0);
    lowest.offer(row);
    row.fill(0);
    expect(lowest.vectors).toEqual([Float32Array.of(1, 0)]);
  });
});
