import { describe, expect, it } from 'vitest';
import { normalised } from '../../../src/domain/vector.js';
import { fitPlane, projectToPlane } from '../../../src/model/projection.js';

/** Two groups of 20 vectors around opposite corners. */
const vectors = Array.from({ length: 40 }, (_, index) => {
  const side = index < 20 ? 1 : -1;
  return normalised(Float32Array.from([side * 5, Math.sin(index), Math.cos(index * 3)]));
});

describe('projectToPlane', () => {
  it('gives the same map for the same seed', () => {
    const map = projectToPlane(vectors, { seed: 7, neighbours: 5 });
    expect(map).toHaveLength(40);
    expect(projectToPlane(vectors, { seed: 7, neighbours: 5 })).toEqual(map);
  });

  it('keeps neighbours together and groups apart', () => {
    const map = projectToPlane(vectors, { seed: 7, neighbours: 5 });
    const distance = (a: number, b: number) =>
      Math.hypot((map[a]?.x ?? 0) - (map[b]?.x ?? 0), (map[a]?.y ?? 0) - (map[b]?.y ?? 0));
    for (let i = 0; i < 40; i++) {
      const nearest = [...map.keys()]
        .filter((j) => j !== i)
        .reduce((best, j) => (distance(i, j) < distance(i, best) ? j : best));
      expect(nearest < 20).toBe(i < 20);
    }
  });

  it('lays other vectors beside those that they are like', () => {
    const even = vectors.filter((_, index) => index % 2 === 0);
    const odd = vectors.filter((_, index) => index % 2 === 1);
    const plane = fitPlane(even, { seed: 7, neighbours: 5 });
    const placed = plane.place(odd);
    expect(placed).toHaveLength(20);
    placed.forEach((point, index) => {
      const distances = plane.points.map(({ x, y }) => Math.hypot(x - point.x, y - point.y));
      const nearest = distances.indexOf(Math.min(...distances));
      expect(nearest < 10).toBe(index < 10);
    });
    expect(fitPlane(even, { seed: 7, neighbours: 5 }).place(odd)).toEqual(placed);
    expect(plane.place([])).toEqual([]);
  });
});
