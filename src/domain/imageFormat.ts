import type { ImageType } from './messages/payload.js';

/** The encoded formats that Lethe reads. */
export type EncodedImageType = Exclude<ImageType, 'application/x-cifar'>;

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG = [0xff, 0xd8, 0xff];
const RIFF = [0x52, 0x49, 0x46, 0x46];
const WEBP = [0x57, 0x45, 0x42, 0x50];

/**
 * The format that the first bytes declare, or undefined.
 *
 * Looked up before a decoder is asked, so that none but these three decoders ever sees bytes from outside.
 */
export function formatOf(bytes: Uint8Array): EncodedImageType | undefined {
  if (startsWith(bytes, PNG)) return 'image/png';
  if (startsWith(bytes, JPEG)) return 'image/jpeg';
  if (startsWith(bytes, RIFF) && startsWith(bytes.subarray(8), WEBP)) return 'image/webp';
  return undefined;
}

function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, index) => bytes[index] === byte);
}
