import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { normalised } from '../../src/domain/vector.js';

/** Directions in which the vectors of a class differ: embeddings of images have about so many, not `dimension`. */
const LATENT = 32;
/** Share of what is left, in all directions. */
const NOISE = 0.1;

/** Seeded vectors that lie as embeddings do: in clusters, each on a surface of few dimensions. */
export interface ClusteredVectors {
  readonly classNames: readonly string[];
  /** A further unit vector of this class, shape [dimension]. */
  next(classIndex: number): Float32Array;
}

/**
 * `classes` clusters of unit vectors, shape [dimension] each. A vector is the centre of its class, plus a random
 * combination of {@link LATENT} directions of the class, plus a little noise in all directions.
 */
export function clusteredVectors(classes: number, dimension: number, seed = 1): ClusteredVectors {
  const generator = xoroshiro128plus(seed);
  const uniform = (): number => uniformFloat64(generator) - 0.5;
  const direction = (): Float32Array => normalised(Float32Array.from({ length: dimension }, uniform));
  const clusters = Array.from({ length: classes }, () => ({
    centre: direction(),
    axes: Array.from({ length: LATENT }, direction),
  }));
  return {
    classNames: clusters.map((_, index) => `class-${index}`),
    next: (classIndex) => {
      const { centre, axes } = clusters[classIndex % classes] as (typeof clusters)[number];
      const vector = centre.map((value) => value + (2 * NOISE * uniform()) / Math.sqrt(dimension));
      for (const axis of axes) {
        const weight = (4 * uniform()) / Math.sqrt(LATENT);
        for (let i = 0; i < dimension; i++) vector[i] = (vector[i] as number) + weight * (axis[i] as number);
      }
      return normalised(vector);
    },
  };
}
