import { colourOf } from './palette.js';

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

export interface Theme {
  readonly dark: boolean;
  readonly ink: string;
  readonly ground: string;
}

const FLIGHT_MS = 1100;
/** Points of a class leave one after the other. */
const STAGGER_MS = 700;
const PADDING = 22;
const DOT = 2.6;

/** The coordinates of all points now, where they began and where they go; a place is x, y in the map and a side 0 or 1. */
interface Places {
  readonly now: Float32Array;
  readonly from: Float32Array;
  readonly to: Float32Array;
  /** When each sets out, in milliseconds; it has arrived FLIGHT_MS later. */
  readonly start: Float64Array;
}

/**
 * Draws two panels, DB-CIL and DB-MU, with one map in both: a class that is unlearned flies from its places in one to the
 * same places in the other. Filled dots are known, rings are forgotten. It draws only while something moves.
 */
export class MapView {
  readonly #context: CanvasRenderingContext2D;
  #scene: Scene = { points: new Uint16Array(0), classes: [] };
  #places: Places = placesFor(0);
  /** Rows of each class: first and one past the last. */
  #rows: readonly { readonly first: number; readonly end: number }[] = [];
  #frameOf: Frame = frameAround(new Uint16Array(0));
  #theme: Theme = { dark: false, ink: '#000', ground: '#fff' };
  #sprites = new Map<string, HTMLCanvasElement>();
  #size = { width: 0, height: 0, ratio: 1 };
  #frame = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly still: () => boolean,
  ) {
    this.#context = canvas.getContext('2d') as CanvasRenderingContext2D;
  }

  show(scene: Scene): void {
    const before = { scene: this.#scene, rows: this.#rows, now: this.#places.now };
    this.#scene = scene;
    this.#rows = rowsOf(scene);
    this.#frameOf = frameAround(scene.points);
    const count = scene.points.length / 3;
    this.#places = placesFor(count);
    const time = performance.now();
    scene.classes.forEach((each, index) => {
      const { first, end } = this.#rows[index] as { first: number; end: number };
      const was = before.scene.classes.findIndex(({ name }) => name === each.name);
      const old = was < 0 ? undefined : before.rows[was];
      this.#aim(first, end, each.side, old && { ...old, now: before.now }, time);
    });
    this.#animate();
  }

  restyle(theme: Theme): void {
    this.#theme = theme;
    this.#sprites.clear();
    this.#animate();
  }

  resize(width: number, height: number, ratio: number): void {
    this.#size = { width, height, ratio };
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.#sprites.clear();
    // At once, since the canvas is empty now; a flight under way goes on.
    if (this.#draw(performance.now())) this.#animate();
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
  }

  /** Sends the points of a class to their places: from where they were, or out of their middle where they are new. */
  #aim(
    first: number,
    end: number,
    side: Side,
    old: { readonly first: number; readonly end: number; readonly now: Float32Array } | undefined,
    time: number,
  ): void {
    const { points } = this.#scene;
    const { now, from, to, start } = this.#places;
    const [middleX, middleY] = middleOf(points, this.#frameOf, first, end);
    const isStill = this.still();
    for (let row = first; row < end; row++) {
      const at = row * 3;
      to[at] = this.#frameOf.x(points[at + 1] as number);
      to[at + 1] = this.#frameOf.y(points[at + 2] as number);
      to[at + 2] = side === 'mu' ? 1 : 0;
      const source = old && old.first + row - first < old.end ? (old.first + row - first) * 3 : -1;
      for (let part = 0; part < 3; part++) {
        const origin = [middleX, middleY, to[at + 2] as number][part] as number;
        from[at + part] = source < 0 ? origin : (old?.now[source + part] as number);
        now[at + part] = isStill ? (to[at + part] as number) : (from[at + part] as number);
      }
      const moves = from[at] !== to[at] || from[at + 1] !== to[at + 1] || from[at + 2] !== to[at + 2];
      start[row] = isStill || !moves ? Number.NEGATIVE_INFINITY : time + STAGGER_MS * scattered(row);
    }
  }

  #animate(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame((time) => {
      if (this.#draw(time)) this.#animate();
    });
  }

  /** @returns whether something still moves */
  #draw(time: number): boolean {
    const { width, height, ratio } = this.#size;
    if (width === 0) return false;
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const moving = advance(this.#places, time);
    const toCanvas = panels(width * ratio, height * ratio, PADDING * ratio);
    const labels = this.#scene.classes.map(({ name, hue }, index) => {
      const { first, end } = this.#rows[index] as { first: number; end: number };
      return { name, hue, ...this.#dots(first, end, hue, toCanvas), empty: first === end };
    });
    this.#labels(labels.filter(({ empty }) => !empty));
    return moving;
  }

  /** Draws the points of a class; returns their middle. */
  #dots(first: number, end: number, hue: number, toCanvas: Panels): { x: number; y: number } {
    const { now } = this.#places;
    const [dot, ring] = [this.#sprite(hue, false), this.#sprite(hue, true)];
    const half = dot.width / 2;
    let sumX = 0;
    let sumY = 0;
    for (let row = first; row < end; row++) {
      const at = row * 3;
      const side = now[at + 2] as number;
      const arc = side > 0 && side < 1 ? 4 * side * (1 - side) : 0;
      const x = toCanvas.x(now[at] as number, side);
      const y = toCanvas.y(now[at + 1] as number, side) - arc * toCanvas.arc;
      this.#context.drawImage(side < 0.5 ? dot : ring, x - half, y - half);
      sumX += x;
      sumY += y;
    }
    return { x: sumX / (end - first), y: sumY / (end - first) };
  }

  #labels(labels: { name: string; hue: number; x: number; y: number }[]): void {
    const context = this.#context;
    const { ratio, width } = this.#size;
    const line = 15 * ratio;
    context.font = `600 ${12 * ratio}px system-ui, sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    context.lineWidth = 4 * ratio;
    context.strokeStyle = this.#theme.ground;
    context.fillStyle = this.#theme.ink;
    const placed: { x: number; y: number; half: number }[] = [];
    for (const { name, x, y } of labels.sort((a, b) => a.y - b.y)) {
      const half = context.measureText(name).width / 2 + 4 * ratio;
      const inside = Math.min(Math.max(x, half), width * ratio - half);
      let lower = y;
      for (const other of placed)
        if (Math.abs(other.x - inside) < other.half + half && Math.abs(other.y - lower) < line)
          lower = other.y + line;
      placed.push({ x: inside, y: lower, half });
      context.strokeText(name, inside, lower);
      context.fillText(name, inside, lower);
    }
  }

  /** A dot or a ring in a class's colour, drawn once. */
  #sprite(hue: number, hollow: boolean): HTMLCanvasElement {
    const key = `${hue}${hollow}`;
    const known = this.#sprites.get(key);
    if (known) return known;
    const { ratio } = this.#size;
    const sprite = document.createElement('canvas');
    sprite.width = sprite.height = Math.ceil((2 * DOT + 2) * ratio);
    const context = sprite.getContext('2d') as CanvasRenderingContext2D;
    const middle = sprite.width / 2;
    context.beginPath();
    context.arc(middle, middle, (hollow ? DOT - 0.4 : DOT) * ratio, 0, 2 * Math.PI);
    const colour = colourOf(hue, this.#theme.dark);
    if (hollow) {
      context.strokeStyle = colour;
      context.lineWidth = 1.2 * ratio;
      context.stroke();
    } else {
      context.globalAlpha = 0.85;
      context.fillStyle = colour;
      context.fill();
    }
    this.#sprites.set(key, sprite);
    return sprite;
  }
}

interface Panels {
  x(x: number, side: number): number;
  y(y: number, side: number): number;
  /** How high a flight goes. */
  readonly arc: number;
}

/** Side by side where there is width for it, else one above the other; as style.css lays out their frames. */
function panels(width: number, height: number, padding: number): Panels {
  const wide = width > height;
  const [panelWidth, panelHeight] = wide ? [width / 2, height] : [width, height / 2];
  const at = (value: number, size: number): number => padding + value * (size - 2 * padding);
  return {
    x: (x, side) => at(x, panelWidth) + (wide ? side * panelWidth : 0),
    y: (y, side) => at(y, panelHeight) + (wide ? 0 : side * panelHeight),
    arc: wide ? height * 0.12 : 0,
  };
}

function advance({ now, from, to, start }: Places, time: number): boolean {
  let moving = false;
  for (let row = 0; row < start.length; row++) {
    const progress = Math.min(1, Math.max(0, (time - (start[row] as number)) / FLIGHT_MS));
    if (progress < 1) moving = true;
    const eased = progress < 0.5 ? 4 * progress ** 3 : 1 - (-2 * progress + 2) ** 3 / 2;
    for (let at = row * 3; at < row * 3 + 3; at++)
      now[at] = (from[at] as number) + ((to[at] as number) - (from[at] as number)) * eased;
  }
  return moving;
}

/** From the map's axes to 0 to 1 in a panel, which the points fill. */
interface Frame {
  x(value: number): number;
  y(value: number): number;
}

function frameAround(points: Uint16Array): Frame {
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

function rowsOf({ points, classes }: Scene): { first: number; end: number }[] {
  const rows = classes.map(() => ({ first: 0, end: 0 }));
  for (let row = 0; row < points.length / 3; row++) {
    const range = rows[points[row * 3] as number];
    if (!range) continue;
    if (range.end === 0) range.first = row;
    range.end = row + 1;
  }
  return rows;
}

function placesFor(count: number): Places {
  const three = (): Float32Array => new Float32Array(3 * count);
  return { now: three(), from: three(), to: three(), start: new Float64Array(count) };
}

function middleOf(points: Uint16Array, frame: Frame, first: number, end: number): [number, number] {
  let [x, y] = [0, 0];
  for (let row = first; row < end; row++) {
    x += frame.x(points[row * 3 + 1] as number);
    y += frame.y(points[row * 3 + 2] as number);
  }
  return [x / (end - first), y / (end - first)];
}

/** A number from 0 to 1 that looks random and is the same for a row each time. */
function scattered(row: number): number {
  return (row * 0.618_033_988_75) % 1;
}
