import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignment, centreOf } from '../../../../src/console/map/align.js';
import type { PlanePoint } from '../../../../src/model/projection.js';

const coordinate = fc.double({ min: -50, max: 50, noNaN: true });
const point = fc.record({ x: coordinate, y: coordinate });

function named(points: readonly PlanePoint[]) {
  return new Map(points.map((each, index) => [`c${index}`, each]));
}

describe('the alignment of two maps', () => {
  it('undoes any turn, mirroring and shift', () => {
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 3, maxLength: 8 }),
        fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
        fc.boolean(),
        point,
        (points, angle, mirrored, shift) => {
          const moved = points.map(({ x, y }) => {
            const v = mirrored ? -y : y;
            return {
              x: Math.cos(angle) * x - Math.sin(angle) * v + shift.x,
              y: Math.sin(angle) * x + Math.cos(angle) * v + shift.y,
            };
          });
          const back = alignment(named(moved), named(points));
          moved.map(back).forEach((each, index) => {
            expect(each.x).toBeCloseTo(points[index]?.x ?? Number.NaN, 4);
            expect(each.y).toBeCloseTo(points[index]?.y ?? Number.NaN, 4);
          });
        },
      ),
    );
  });

  it('leaves everything as it is where the maps have nothing in common', () => {
    const align = alignment(named([{ x: 1, y: 2 }]), new Map([['other', { x: 5, y: 5 }]]));
    expect(align({ x: 3, y: 4 })).toEqual({ x: 3, y: 4 });
  });

  it('goes by the classes that both have, in whatever order', () => {
    const to = new Map([
      ['b', { x: 0, y: 10 }],
      ['a', { x: 0, y: 0 }],
    ]);
    const from = new Map([
      ['a', { x: 1, y: 1 }],
      ['new', { x: 99, y: 99 }],
      ['b', { x: 11, y: 1 }],
    ]);
    const align = alignment(from, to);
    expect(align({ x: 11, y: 1 }).y).toBeCloseTo(10);
    expect(align({ x: 1, y: 1 }).x).toBeCloseTo(0);
    expect(centreOf([...to.values()])).toEqual({ x: 0, y: 5 });
  });
});
