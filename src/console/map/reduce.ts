import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { normalised } from '../../domain/vector.js';

/**
 * A seeded random projection of unit vectors to fewer components, which nearly keeps their angles (Johnson and
 * Lindenstrauss; entries of +-1, Achlioptas 2003): the distances are the expensive part of UMAP.
 * @returns projects a unit vector of `dimension` components to one of `components`, or returns it unchanged if it has
 * no more
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
