import { LetheError } from '../../domain/errors.js';
import type { Embedder } from './embedder.js';

/** In the place of an embedder where all inputs are ready-made vectors: no network is loaded. */
export function vectorsOnly(dimension: number): Embedder {
  return {
    name: `vectors@${dimension}`,
    dimension,
    inputSize: { width: 1, height: 1 },
    takesImages: false,
    embed: async () => {
      throw noImages();
    },
    close: async () => undefined,
  };
}

/** Why an image is refused there. */
export function noImages(): LetheError {
  return new LetheError('unsupported-format', 'this Lethe accepts only vectors, no images', {
    field: 'datacontenttype',
    remedy:
      'Send the embedding of the image as application/x-float32 or application/json. Or set embedder.kind to a network that embeds images.',
  });
}
