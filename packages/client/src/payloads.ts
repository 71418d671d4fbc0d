import type { ImageType, Payload } from './messages.js';

/** An encoded image as it lies in its file. */
export function imagePayload(contentType: ImageType, bytes: Uint8Array): Payload {
  return { kind: 'image', contentType, bytes };
}

/** A text, for a Lethe whose embedder takes texts. */
export function textPayload(text: string): Payload {
  return { kind: 'text', text };
}

/** A ready-made vector, of as many components as the embedder of that Lethe gives. */
export function vectorPayload(vector: Iterable<number>): Payload {
  return { kind: 'vector', vector: Float32Array.from(vector) };
}
