import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { UMAP } from 'umap-js';

/** A place in the plane. */
export interface PlanePoint {
  readonly x: number;
  readonly y: number;
}

/** How a plane is made. */
export interface PlaneOptions {
  readonly seed: number;
  /** Neighbours that a vector is kept close to. */
  readonly neighbours?: number;
}

/** A map of vectors, and a way to lay others into it. */
export interface Plane {
  /** In the order of the vectors that it was made from. */
  readonly points: readonly PlanePoint[];
  /** Places of other vectors beside those; none of those moves. The outcome depends on the calls before. */
  place(vectors: readonly Float32Array[]): PlanePoint[];
}

/**
 * UMAP of unit vectors into the plane by cosine distance. The same vectors and seed give the same map.
 * Takes seconds from a thousand vectors on, and holds the thread meanwhile.
 * @param vectors n unit vectors of one length; n > `neighbours`
 */
export function fitPlane(vectors: readonly Float32Array[], { seed, neighbours = 15 }: PlaneOptions): Plane {
  const generator = xoroshiro128plus(seed);
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: neighbours,
    minDist: 0.15,
    random: () => uniformFloat64(generator),
    distanceFn: cosineDistance,
  });
  return {
    points: umap.fit(vectors.map((vector) => Array.from(vector))).map(pointOf),
    place: (others) =>
      others.length === 0 ? [] : umap.transform(others.map((vector) => Array.from(vector))).map(pointOf),
  };
}

/**
 * The points of {@link fitPlane}.
 * @returns n points in the order of the vectors
 */
export function projectToPlane(vectors: readonly Float32Array[], options: PlaneOptions): PlanePoint[] {
  return [...fitPlane(vectors, options).points];
}

function pointOf([x = 0, y = 0]: readonly number[]): PlanePoint {
  return { x, y };
}

/** 1 - cosine similarity of two unit vectors. */
function cosineDistance(a: readonly number[], b: readonly number[]): number {
  let similarity = 0;
  for (let i = 0; i < a.length; i++) similarity += (a[i] as number) * (b[i] as number);
  return 1 - similarity;
}
