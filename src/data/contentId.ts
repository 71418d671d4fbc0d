import { createHash } from 'node:crypto';

/**
 * An id for an input whose user gave none: its place and a part of the SHA-256 of its content. Sending the same again
 * is the same input; other content at a place of the same name is another one.
 */
export function contentId(place: string, content: Uint8Array | string): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return `${place.slice(-160)}#${hash}`;
}
