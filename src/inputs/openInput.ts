import { LetheError } from '../domain/errors.js';
import type { RgbImage } from '../domain/image.js';
import type { Payload } from '../domain/messages/payload.js';
import type { Takes } from '../domain/takes.js';
import { normalised } from '../domain/vector.js';
import { DEFAULT_IMAGE_LIMITS, decodeImage, type ImageLimits } from '../model/embedder/decodeImage.js';
import type { Embedder } from '../model/embedder/embedder.js';
import { notTaken } from '../model/embedder/notTaken.js';

/** A payload made ready: an image of the embedder's size, a text, or a unit vector that skips the embedder. */
export type ModelInput =
  | { readonly kind: 'image'; readonly image: RgbImage }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'vector'; readonly vector: Float32Array };

/** What a payload may cost. */
export interface PayloadLimits extends ImageLimits {
  /** Size of a text in UTF-8, in bytes. */
  readonly maxTextBytes: number;
}

/** Of config/default.yaml. */
export const DEFAULT_PAYLOAD_LIMITS: PayloadLimits = { ...DEFAULT_IMAGE_LIMITS, maxTextBytes: 262_144 };

/** What opening a payload needs to know. */
export interface OpeningOptions {
  readonly embedder: Pick<Embedder, 'dimension' | 'inputSize' | 'takes'>;
  readonly limits: PayloadLimits;
}

/**
 * Decodes an image, or checks a text or a vector, which is normalised.
 * @throws LetheError `wrong-dimension`, `invalid-vector`, `invalid-text`, `image-corrupt`, `image-too-large` …
 */
export async function openInput(payload: Payload, { embedder, limits }: OpeningOptions): Promise<ModelInput> {
  refuseUnfit(payload, embedder);
  if (payload.kind === 'vector') return { kind: 'vector', vector: normalised(payload.vector) };
  if (payload.kind === 'text') return { kind: 'text', text: checkedText(payload.text, limits) };
  return { kind: 'image', image: await decodeImage(payload, embedder.inputSize, limits) };
}

/** What an embedder takes. */
type Taking = Pick<Embedder, 'dimension' | 'takes'>;
/** Inputs that a network may embed. */
const WANTED = { image: 'images', text: 'texts' } as const satisfies Record<string, Takes>;

/**
 * Refuses what can be told without opening it.
 * @throws LetheError `wrong-dimension`; `unsupported-format` for an image or a text where the embedder takes none
 */
export function refuseUnfit(payload: Payload, embedder: Taking): void {
  if (payload.kind === 'vector') refuseOtherSize(payload.vector, embedder);
  else refuseOtherKind(payload.kind, embedder);
}

/** @throws LetheError `unsupported-format` for an image or a text where the embedder takes none */
export function refuseOtherKind(sent: 'image' | 'text', { takes = 'images' }: Taking): void {
  if (takes !== WANTED[sent]) throw notTaken(sent, takes);
}

/** @throws LetheError `wrong-dimension` for a vector of another size than the embedder's */
export function refuseOtherSize({ length }: { readonly length: number }, { dimension, takes }: Taking): void {
  if (length === dimension) return;
  const setting = `${takes === 'vectors' ? '' : 'embedder.kind to vectors and '}embedder.dimension to ${length}`;
  throw new LetheError('wrong-dimension', `the vector has ${length} components`, {
    field: 'payload.vector',
    value: String(length),
    remedy: `Send vectors of ${dimension} components, from the embedder of this model. For a Lethe of such vectors alone, set ${setting}, in a deployment of its own.`,
  });
}

/** @throws LetheError `text-too-large`, `invalid-text` */
function checkedText(text: string, { maxTextBytes }: PayloadLimits): string {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxTextBytes) {
    throw new LetheError('text-too-large', `the text has ${bytes} bytes`, {
      field: 'payload',
      value: `${bytes} bytes`,
      remedy: `Send at most ${maxTextBytes} bytes, or raise limits.textBytes. The embedder reads only the first embedder.maxTokens tokens.`,
    });
  }
  if (/\S/.test(text)) return text;
  throw new LetheError('invalid-text', 'the text has no visible character', {
    field: 'payload',
    value: `${bytes} bytes`,
    remedy: 'Send a text with at least one word.',
  });
}
