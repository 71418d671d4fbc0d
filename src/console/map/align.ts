import type { PlanePoint } from '../../model/projection.js';

/** Centres by name. */
export type Centres = ReadonlyMap<string, PlanePoint>;

/**
 * Turns, mirrors and shifts a new map so that its centres lie as near as can be to those of the map before (orthogonal
 * Procrustes in the plane): what did not change hardly moves. Distances stay.
 * @returns how to move a point; as it is where there is nothing in common
 */
export function alignment(from: Centres, to: Centres): (point: PlanePoint) => PlanePoint {
  const pairs = [...from].flatMap(([name, a]) => {
    const b = to.get(name);
    return b ? [{ a, b }] : [];
  });
  if (pairs.length === 0) return (point) => point;
  const a0 = centreOf(pairs.map(({ a }) => a));
  const b0 = centreOf(pairs.map(({ b }) => b));
  const turned = bestTurn(pairs, a0, b0, 1);
  const mirrored = bestTurn(pairs, a0, b0, -1);
  const { cos, sin, mirror } = mirrored.gain > turned.gain ? mirrored : turned;
  return ({ x, y }) => {
    const [u, v] = [x - a0.x, mirror * (y - a0.y)];
    return { x: b0.x + cos * u - sin * v, y: b0.y + sin * u + cos * v };
  };
}

export function centreOf(points: readonly PlanePoint[]): PlanePoint {
  const n = points.length;
  return {
    x: points.reduce((sum, { x }) => sum + x, 0) / n,
    y: points.reduce((sum, { y }) => sum + y, 0) / n,
  };
}

/** The best turn of `a` onto `b`, after a mirroring of y or none; `gain` is sum <b, R a>, which it makes largest. */
function bestTurn(
  pairs: readonly { readonly a: PlanePoint; readonly b: PlanePoint }[],
  a0: PlanePoint,
  b0: PlanePoint,
  mirror: 1 | -1,
) {
  let dot = 0;
  let cross = 0;
  for (const { a, b } of pairs) {
    const [u, v] = [a.x - a0.x, mirror * (a.y - a0.y)];
    const [s, t] = [b.x - b0.x, b.y - b0.y];
    dot += u * s + v * t;
    cross += u * t - v * s;
  }
  const gain = Math.hypot(dot, cross);
  return gain === 0 ? { cos: 1, sin: 0, mirror, gain } : { cos: dot / gain, sin: cross / gain, mirror, gain };
}
