import { type Embedder, NO_IMAGES } from './embedder.js';
import { notTaken } from './notTaken.js';

/** In the place of an embedder where all inputs are ready-made vectors: no network is loaded. */
export function vectorsOnly(dimension: number): Embedder {
  return {
    name: `vectors@${dimension}`,
    dimension,
    inputSize: NO_IMAGES,
    takes: 'vectors',
    embed: async () => {
      throw notTaken('image', 'vectors');
    },
    close: async () => undefined,
  };
}
