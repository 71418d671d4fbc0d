/** DB-CIL or DB-MU. */
export type Side = 'cil' | 'mu';

/** What the map shows: points in rows, and where each class is. */
export interface Scene {
  /** Three for each point: class, x, y; 0 to 65,535 on both axes. */
  readonly points: Uint16Array;
  readonly classes: readonly {
    readonly name: string;
    readonly hue: number;
    readonly side: Side;
  }[];
}

const FLIGHT_MS = 1100;

/**
 * The current coordinates of all points, their start and their target; a place is x, y in the map and a side 0 or 1.
 */
export interface Places {
  readonly now: Float32Array;
  readonly from: Float32Array;
  readonly to: Float32Array;
  /** When each sets out, in milliseconds; it has arrived FLIGHT_MS later. */
  readonly start: Float64Array;
}

/** Rows of a class: first and one past the last. */
export interface Rows {
  first: number;
  end: number;
}

interface Panels {
  x(x: number, side: number): number;
  y(y: number, side: number): number;
  /** How high a flight goes. */
  readonly arc: number;
}

/** The maps side by side if the width allows it, otherwise one above the other; like style.css. */
export function panels(width: number, height: number, padding: number): Panels {
  const wide = width > height;
  const [panelWidth, panelHeight] = wide ? [width / 2, height] : [width, height / 2];
  const at = (value: number, size: number): number => padding + value * (size - 2 * padding);
  return {
    x: (x, side) => at(x, panelWidth) + (wide ? side * panelWidth : 0),
    y: (y, side) => at(y, panelHeight) + (wide ? 0 : side * panelHeight),
    arc: wide ? height * 0.12 : 0,
  };
}

/** Moves the points of a class to their places at a time; returns whether some still move. */
export function advance({ now, from, to, start }: Places, first: number, end: number, time: number): boolean {
  let moving = false;
  for (let row = first; row < end; row++) {
    const progress = Math.min(1, Math.max(0, (time - (start[row] as number)) / FLIGHT_MS));
    if (progress < 1) moving = true;
    const eased = progress < 0.5 ? 4 * progress ** 3 : 1 - (-2 * progress + 2) ** 3 / 2;
    for (let at = row * 3; at < row * 3 + 3; at++)
      now[at] = (from[at] as number) + ((to[at] as number) - (from[at] as number)) * eased;
  }
  return moving;
}

/** From the map's axes to 0 to 1 in a panel, which the points fill. */
export interface Frame {
  x(value: number): number;
  y(value: number): number;
}

export function frameAround(points: Uint16Array): Frame {
  const along = (offset: number): ((value: number) => number) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let at = offset; at < points.length; at += 3) {
      low = Math.min(low, points[at] as number);
      high = Math.max(high, points[at] as number);
    }
    return (value) => (high > low ? (value - low) / (high - low) : 0.5);
  };
  return { x: along(1), y: along(2) };
}

export function rowsOf({ points, classes }: Scene): Rows[] {
  const rows = classes.map(() => ({ first: 0, end: 0 }));
  for (let row = 0; row < points.length / 3; row++) {
    const range = rows[points[row * 3] as number];
    if (!range) continue;
    if (range.end === 0) range.first = row;
    range.end = row + 1;
  }
  return rows;
}

export function placesFor(count: number): Places {
  const three = (): Float32Array => new Float32Array(3 * count);
  return { now: three(), from: three(), to: three(), start: new Float64Array(count) };
}

export function middleOf(points: Uint16Array, frame: Frame, first: number, end: number): [number, number] {
  let [x, y] = [0, 0];
  for (let row = first; row < end; row++) {
    x += frame.x(points[row * 3 + 1] as number);
    y += frame.y(points[row * 3 + 2] as number);
  }
  return [x / (end - first), y / (end - first)];
}

/** A number from 0 to 1 that looks random and is the same for a row each time. */
export function scattered(row: number): number {
  return (row * 0.618_033_988_75) % 1;
}
