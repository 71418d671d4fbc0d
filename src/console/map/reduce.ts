import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { normalised } from '../../domain/vector.js';

/**
 * A seeded random projection of unit vectors to fewer components, which keeps their angles nearly (Johnson and
 * Lindenstrauss; entries of +-1, Achlioptas 2003): what takes UMAP so long are the distances.
 * @returns of a unit vector of `dimension` components, one of `components`; itself where it has no more than that
 */
export function randomReduction(
  dimension: number,
  components: number,
  seed: number,
): (vector: Float32Array) => Float32Array {
  if (dimension <= components) return (vector) => vector;
  const generator = xoroshiro128plus(seed);
  const signs = Int8Array.from({ length: components * dimension }, () =>
    uniformFloat64(generator) < 0.5 ? -1 : 1,
  );
  return (vector) => {
    const reduced = new Float32Array(components);
    for (let row = 0; row < components; row++) {
      let sum = 0;
      const start = row * dimension;
      for (let i = 0; i < dimension; i++) sum += (signs[start + i] as number) * (vector[i] as number);
      reduced[row] = sum;
    }
    return normalised(reduced);
  };
}
