import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { UMAP } from 'umap-js';

/** A place in the plane. */
export interface PlanePoint {
  readonly x: number;
  readonly y: number;
}

/**
 * UMAP of unit vectors into the plane by cosine distance. The same vectors and seed give the same map.
 * Takes seconds from a thousand vectors on, and holds the event loop meanwhile.
 * @param vectors n unit vectors of one length; n > `neighbours`
 * @returns n points in the order of the vectors
 */
export function projectToPlane(
  vectors: readonly Float32Array[],
  { seed, neighbours = 15 }: { readonly seed: number; readonly neighbours?: number },
): PlanePoint[] {
  const generator = xoroshiro128plus(seed);
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: neighbours,
    minDist: 0.15,
    random: () => uniformFloat64(generator),
    distanceFn: cosineDistance,
  });
  return umap
    .fit(vectors.map((vector) => Array.from(vector)))
    .map(([x, y]) => ({ x: x as number, y: y as number }));
}

/** 1 - cosine similarity of two unit vectors. */
function cosineDistance(a: readonly number[], b: readonly number[]): number {
  let similarity = 0;
  for (let i = 0; i < a.length; i++) similarity += (a[i] as number) * (b[i] as number);
  return 1 - similarity;
}
