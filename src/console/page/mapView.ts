import {
  advance,
  type Frame,
  frameAround,
  middleOf,
  type Places,
  panels,
  placesFor,
  type Rows,
  rowsOf,
  type Scene,
  type Side,
  scattered,
} from './mapGeometry.js';
import { LABEL, Sprites, surface, type Theme } from './mapSprites.js';

/** Points of a class leave one after the other. */
const STAGGER_MS = 700;
const PADDING = 22;

/**
 * Draws two panels, DB-CIL and DB-MU, with one map in both: a class that is unlearned flies from its places in one to the
 * same places in the other. Filled dots are known, rings are forgotten. It draws only while something moves.
 */
export class MapView {
  readonly #surface: ReturnType<typeof surface>;
  readonly #still = { ...surface(), key: '' };
  #scene: Scene = { points: new Uint16Array(0), classes: [] };
  #places: Places = placesFor(0);
  #rows: readonly Rows[] = [];
  /** Of each class, on the canvas. */
  #middles: Point[] = [];
  #frameOf: Frame = frameAround(new Uint16Array(0));
  readonly #sprites = new Sprites();
  #size = { width: 0, height: 0, ratio: 1 };
  #frame = 0;

  constructor(
    canvas: HTMLCanvasElement,
    private readonly isStill: () => boolean,
  ) {
    this.#surface = surface(canvas);
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
      const { first, end } = this.#rows[index] as Rows;
      const was = before.scene.classes.findIndex(({ name }) => name === each.name);
      const old = was < 0 ? undefined : before.rows[was];
      this.#aim(first, end, each.side, old && { ...old, now: before.now }, time);
    });
    this.#still.key = '';
    this.#animate();
  }

  restyle(theme: Theme): void {
    this.#sprites.restyle(theme);
    this.#still.key = '';
    this.#animate();
  }

  resize(width: number, height: number, ratio: number): void {
    this.#size = { width, height, ratio };
    for (const { canvas } of [this.#surface, this.#still])
      Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    this.#sprites.resize(ratio);
    this.#still.key = '';
    // At once, since the canvas is empty now; a flight under way goes on.
    if (this.#draw(performance.now())) this.#animate();
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
  }

  /** Sends the points of a class to their places: from their current ones, or from their centre if they are new. */
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
    const isStill = this.isStill();
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
    if (this.#size.width === 0) return false;
    const moves = this.#rows.map(({ first, end }) => advance(this.#places, first, end, time));
    const { context } = this.#surface;
    clear(context);
    context.drawImage(this.#stillLayer(moves), 0, 0);
    moves.forEach((does, index) => {
      if (does) this.#middles[index] = this.#dots(context, index);
    });
    this.#labels(context);
    return moves.includes(true);
  }

  /** The classes that do not move, drawn once while they do not: a flight costs only its points. */
  #stillLayer(moves: readonly boolean[]): HTMLCanvasElement {
    const layer = this.#still;
    const key = moves.join();
    if (layer.key !== key) {
      layer.key = key;
      clear(layer.context);
      moves.forEach((does, index) => {
        if (!does) this.#middles[index] = this.#dots(layer.context, index);
      });
    }
    return layer.canvas;
  }

  /** Draws the points of a class; returns their middle. */
  #dots(context: CanvasRenderingContext2D, index: number): Point {
    const { now } = this.#places;
    const { first, end } = this.#rows[index] as Rows;
    const { hue } = this.#scene.classes[index] as Scene['classes'][number];
    const { width, height, ratio } = this.#size;
    const panel = panels(width * ratio, height * ratio, PADDING * ratio);
    const [dot, ring] = [this.#sprites.dot(hue, false), this.#sprites.dot(hue, true)];
    const half = dot.width / 2;
    let sumX = 0;
    let sumY = 0;
    for (let row = first; row < end; row++) {
      const at = row * 3;
      const side = now[at + 2] as number;
      const arc = side > 0 && side < 1 ? 4 * side * (1 - side) : 0;
      const x = panel.x(now[at] as number, side);
      const y = panel.y(now[at + 1] as number, side) - arc * panel.arc;
      context.drawImage(side < 0.5 ? dot : ring, x - half, y - half);
      sumX += x;
      sumY += y;
    }
    return { x: sumX / (end - first), y: sumY / (end - first) };
  }

  /** Names at the middles of their classes; one that would lie on another is put below it. */
  #labels(context: CanvasRenderingContext2D): void {
    const { ratio, width } = this.#size;
    const line = LABEL * 1.25 * ratio;
    const labels = this.#scene.classes
      .map(({ name }, index) => ({ label: this.#sprites.label(name), ...(this.#middles[index] as Point) }))
      .filter(({ x }) => Number.isFinite(x))
      .sort((a, b) => a.y - b.y);
    const placed: { x: number; y: number; half: number }[] = [];
    for (const { label, x, y } of labels) {
      const half = label.width / 2;
      const inside = Math.min(Math.max(x, half), width * ratio - half);
      let lower = y;
      for (const other of placed)
        if (Math.abs(other.x - inside) < other.half + half && Math.abs(other.y - lower) < line)
          lower = other.y + line;
      placed.push({ x: inside, y: lower, half });
      context.drawImage(label, inside - half, lower - label.height / 2);
    }
  }
}

function clear(context: CanvasRenderingContext2D): void {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
}

interface Point {
  readonly x: number;
  readonly y: number;
}
