import type { VectorDatabase, VectorRecord } from '../../adapters/vectorDatabase.js';
import type { KnownClass } from '../../domain/status.js';
import { sampleVectors } from '../../knowledge/sampleVectors.js';
import type { PlanePoint } from '../../model/projection.js';
import type { VectorMap } from '../messages.js';
import { alignment, type Centres, centreOf } from './align.js';
import type { Projector } from './projector.js';

/** How much is drawn. */
export interface MapBounds {
  /** Points of the map at most. */
  readonly points: number;
  /** Vectors that the plane is made from at most. */
  readonly sample: number;
  readonly seed: number;
}

interface Drawn {
  /** Class's vectors and task when they were sampled: tells whether they changed. */
  readonly vectors: number;
  readonly task: string;
  readonly points: readonly PlanePoint[];
  /** Whether the plane was made with some of them. */
  readonly fitted: boolean;
}

/** Least points of a map; fewer have no neighbourhoods. */
const LEAST = 12;
/**
 * From this share of points of new classes on, the plane is computed again: points placed on it lie on top of others.
 */
const STRANGERS = 0.05;
const AXIS = 65_535;
const MARGIN = 0.03;

/**
 * The map of DB-CIL and DB-MU: a seeded sample of the vectors of each class. UMAP computes the plane from a part of
 * them; the others, and a few new ones, are placed on it. When whole classes are new, the plane is computed again,
 * and rotated so that the others hardly move. A class that changes its database keeps its places.
 */
export class VectorMapper {
  readonly #drawn = new Map<string, Drawn>();
  /** Maps the plane, on which later vectors are placed, to the shown map. */
  #turn: (point: PlanePoint) => PlanePoint = (point) => point;

  constructor(
    private readonly database: VectorDatabase,
    private readonly projector: Projector,
    private readonly bounds: MapBounds,
  ) {}

  /** The map after a change of the classes; null if the map did not change. */
  async update(classes: readonly KnownClass[]): Promise<VectorMap | null> {
    const present = classes.filter(({ vectors, state }) => vectors > 0 && state !== 'learning');
    const share = Math.max(1, Math.floor(this.bounds.points / Math.max(1, present.length)));
    const gone = [...this.#drawn.keys()].filter((name) => !present.some((each) => each.name === name));
    const changed = present.filter((each) => !this.#isDrawn(each, share));
    if (gone.length === 0 && changed.length === 0) return null;
    for (const name of gone) this.#drawn.delete(name);
    if (changed.length > 0) await this.#draw(present, changed, share);
    return this.#map(present, share);
  }

  #isDrawn({ name, vectors, task }: KnownClass, share: number): boolean {
    const drawn = this.#drawn.get(name);
    return (
      drawn?.vectors === vectors && drawn.task === task && drawn.points.length >= Math.min(share, vectors)
    );
  }

  async #draw(present: readonly KnownClass[], changed: readonly KnownClass[], share: number): Promise<void> {
    const size = ({ vectors }: KnownClass): number => Math.min(share, vectors);
    const total = present.reduce((sum, each) => sum + size(each), 0);
    if (total < LEAST) return;
    const strangers = present
      .filter((each) => changed.includes(each) || !this.#drawn.get(each.name)?.fitted)
      .reduce((sum, each) => sum + size(each), 0);
    if (strangers > STRANGERS * total) return this.#fit(present, share);
    const records = await this.#sample(changed, share);
    const places = await this.projector.project({ kind: 'place', vectors: this.#packed(records) });
    this.#note(changed, records, places, false);
  }

  async #fit(present: readonly KnownClass[], share: number): Promise<void> {
    const records = await this.#sample(present, share);
    const perClass = Math.max(2, Math.floor(this.bounds.sample / present.length));
    const seen = new Map<string, number>();
    const rows = [...records.keys()].filter((row) => {
      const { className } = records[row] as VectorRecord;
      const count = (seen.get(className) ?? 0) + 1;
      seen.set(className, count);
      return count <= perClass;
    });
    if (rows.length < LEAST) return;
    const before = this.#centres(this.#turn);
    const places = await this.projector.project({ kind: 'fit', vectors: this.#packed(records), rows });
    this.#note(present, records, places, true);
    this.#turn = alignment(
      this.#centres((point) => point),
      before,
    );
  }

  async #sample(classes: readonly KnownClass[], share: number): Promise<VectorRecord[]> {
    const samples: VectorRecord[] = [];
    for (const { name } of classes)
      samples.push(...(await sampleVectors(this.database, { classes: [name] }, share, this.bounds.seed)));
    return samples;
  }

  #packed(records: readonly VectorRecord[]): Float32Array<ArrayBuffer> {
    const { dimension } = this.database;
    const packed = new Float32Array(records.length * dimension);
    records.forEach(({ vector }, row) => {
      packed.set(vector, row * dimension);
    });
    return packed;
  }

  #note(
    classes: readonly KnownClass[],
    records: readonly VectorRecord[],
    places: readonly PlanePoint[],
    fitted: boolean,
  ): void {
    for (const { name, vectors, task } of classes) {
      const points = places.filter((_, row) => records[row]?.className === name);
      this.#drawn.set(name, { vectors, task, points, fitted });
    }
  }

  #centres(turn: (point: PlanePoint) => PlanePoint): Centres {
    const drawn = [...this.#drawn].filter(([, { points }]) => points.length > 0);
    return new Map(drawn.map(([name, { points }]) => [name, centreOf(points.map(turn))]));
  }

  #map(present: readonly KnownClass[], share: number): VectorMap {
    const shown = present.flatMap(({ name }, index) =>
      (this.#drawn.get(name)?.points ?? []).slice(0, share).map((point) => ({ index, ...this.#turn(point) })),
    );
    const toAxis = axes(shown);
    const points = new Uint16Array(shown.length * 3);
    shown.forEach(({ index, x, y }, row) => {
      points.set([index, ...toAxis(x, y)], row * 3);
    });
    return {
      classes: present.map(({ name }) => name),
      points: Buffer.from(points.buffer).toString('base64'),
      vectors: present.reduce((sum, { vectors }) => sum + vectors, 0),
      drawn: shown.length,
    };
  }
}

/** Both axes have one scale, so that distances can be compared. */
function axes(points: readonly PlanePoint[]): (x: number, y: number) => [number, number] {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const span = Math.max(right - left, bottom - top, Number.MIN_VALUE) * (1 + 2 * MARGIN);
  const scaled = (value: number, low: number, high: number): number =>
    Math.round(AXIS * ((value - (low + high) / 2) / span + 0.5));
  return (x, y) => [scaled(x, left, right), scaled(y, top, bottom)];
}
