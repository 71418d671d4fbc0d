import { LetheError } from '../domain/errors.js';
import type { RgbImage } from '../domain/image.js';
import type { Payload } from '../domain/messages/payload.js';
import { normalised } from '../domain/vector.js';
import { decodeImage, type ImageLimits } from '../model/embedder/decodeImage.js';
import type { Embedder } from '../model/embedder/embedder.js';
import { noImages } from '../model/embedder/vectorsOnly.js';

/** A payload made ready: an image of the embedder's size, or a unit vector that skips the embedder. */
export type ModelInput =
  | { readonly kind: 'image'; readonly image: RgbImage }
  | { readonly kind: 'vector'; readonly vector: Float32Array };

/** What opening a payload needs to know. */
export interface OpeningOptions {
  readonly embedder: Pick<Embedder, 'dimension' | 'inputSize' | 'takesImages'>;
  readonly limits: ImageLimits;
}

/**
 * Decodes an image, or checks and normalises a vector.
 * @throws LetheError `wrong-dimension`, `invalid-vector`, `image-corrupt`, `image-too-large` …
 */
export async function openInput(payload: Payload, { embedder, limits }: OpeningOptions): Promise<ModelInput> {
  refuseUnfit(payload, embedder);
  if (payload.kind === 'image') {
    return { kind: 'image', image: await decodeImage(payload, embedder.inputSize, limits) };
  }
  return { kind: 'vector', vector: normalised(payload.vector) };
}

/** What an embedder takes. */
type Taking = Pick<Embedder, 'dimension' | 'takesImages'>;

/**
 * Refuses what can be told without opening it.
 * @throws LetheError `wrong-dimension`; `unsupported-format` for an image where there is no network
 */
export function refuseUnfit(payload: Payload, embedder: Taking): void {
  if (payload.kind === 'vector') refuseOtherSize(payload.vector, embedder);
  else if (embedder.takesImages === false) throw noImages();
}

/** @throws LetheError `wrong-dimension` for a vector of another size than the embedder's */
export function refuseOtherSize(
  { length }: { readonly length: number },
  { dimension, takesImages = true }: Taking,
): void {
  if (length === dimension) return;
  const setting = `${takesImages ? 'embedder.kind to vectors and ' : ''}embedder.dimension to ${length}`;
  throw new LetheError('wrong-dimension', `the vector has ${length} components`, {
    field: 'payload.vector',
    value: String(length),
    remedy: `Send vectors of ${dimension} components, from the embedder of this model. For a Lethe of such vectors alone, set ${setting}, in a deployment of its own.`,
  });
}
