import { LetheError } from '../domain/errors.js';
import type { RgbImage } from '../domain/image.js';
import type { Payload } from '../domain/messages/payload.js';
import { normalised } from '../domain/vector.js';
import { decodeImage, type ImageLimits } from '../model/embedder/decodeImage.js';
import type { Embedder } from '../model/embedder/embedder.js';

/** A payload made ready: an image of the embedder's size, or a unit vector that skips the embedder. */
export type ModelInput =
  | { readonly kind: 'image'; readonly image: RgbImage }
  | { readonly kind: 'vector'; readonly vector: Float32Array };

/** What opening a payload needs to know. */
export interface OpeningOptions {
  readonly embedder: Pick<Embedder, 'dimension' | 'inputSize'>;
  readonly limits: ImageLimits;
}

/**
 * Decodes an image, or checks and normalises a vector.
 * @throws LetheError `wrong-dimension`, `invalid-vector`, `image-corrupt`, `image-too-large` …
 */
export async function openInput(payload: Payload, { embedder, limits }: OpeningOptions): Promise<ModelInput> {
  if (payload.kind === 'image') {
    return { kind: 'image', image: await decodeImage(payload, embedder.inputSize, limits) };
  }
  if (payload.vector.length !== embedder.dimension) {
    throw new LetheError('wrong-dimension', `the vector has ${payload.vector.length} components`, {
      field: 'payload.vector',
      value: String(payload.vector.length),
      remedy: `Send vectors of ${embedder.dimension} components, from the embedder of this model.`,
    });
  }
  return { kind: 'vector', vector: normalised(payload.vector) };
}
