import type { EmbedderInput } from './embedder.js';
import { type PackedImages, packed } from './preprocessing.js';

/** Inputs on their way to the thread of the network: images in one piece, or texts. */
export type PackedInputs = PackedImages | { readonly texts: readonly string[] };

/** @throws RangeError where inputs are of several kinds (a mistake of the caller) */
export function packedInputs(inputs: readonly EmbedderInput[]): PackedInputs {
  const texts = inputs.filter((input) => typeof input === 'string');
  if (texts.length === 0) return packed(inputs.filter((input) => typeof input !== 'string'));
  if (texts.length === inputs.length) return { texts };
  throw new RangeError('images and texts are embedded by different networks');
}

/** The images. @throws RangeError for texts (a mistake of the caller) */
export function imagesIn(inputs: PackedInputs): PackedImages {
  if ('pixels' in inputs) return inputs;
  throw new RangeError('this network takes no texts');
}

/** The texts. @throws RangeError for images (a mistake of the caller) */
export function textsIn(inputs: PackedInputs): readonly string[] {
  if ('texts' in inputs) return inputs.texts;
  throw new RangeError('this network takes no images');
}
