import type { OperatorFunction } from 'rxjs';
import { LetheError } from '../domain/errors.js';
import type { RgbImage } from '../domain/image.js';
import type { Payload } from '../domain/messages/payload.js';
import { normalised } from '../domain/vector.js';
import { decodeImage, type ImageLimits } from '../model/embedder/decodeImage.js';
import type { Embedder } from '../model/embedder/embedder.js';
import type { Flow } from './flow.js';
import { mapAcceptedOrdered } from './mapAccepted.js';
import { type Probe, timedAsync } from './probe.js';

/** A payload made ready: an image of the embedder's size, or a unit vector that skips the embedder. */
export type ModelInput =
  | { readonly kind: 'image'; readonly image: RgbImage }
  | { readonly kind: 'vector'; readonly vector: Float32Array };

/** A message whose payload was opened. */
export interface Opened<M> {
  readonly message: M;
  readonly input: ModelInput;
}

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
      remedy: `Send vectors of ${embedder.dimension} components, made by the embedder that this model was trained with.`,
    });
  }
  return { kind: 'vector', vector: normalised(payload.vector) };
}

/** Opens the payloads of messages, `concurrency` at a time, order kept. */
export function openPayload<M extends { readonly payload: Payload }>(
  options: OpeningOptions & { readonly concurrency: number; readonly probe: Probe },
): OperatorFunction<Flow<M>, Flow<Opened<M>>> {
  return mapAcceptedOrdered(options.concurrency, async (message, source) => ({
    message,
    input: await timedAsync(options.probe, 'open', [source], () => openInput(message.payload, options)),
  }));
}
