import { extname } from 'node:path';
import { LetheError } from '../domain/errors.js';
import type { ImageType } from '../domain/messages/payload.js';

const TYPES: ReadonlyMap<string, ImageType> = new Map([
  ['.png', 'image/png'],
  ['.jpg', 'image/jpeg'],
  ['.jpeg', 'image/jpeg'],
  ['.webp', 'image/webp'],
]);
const JSON_LINES = ['.jsonl', '.ndjson'];

/** Whether the file's name ends as that of an image does. */
export function isImageFile(file: string): boolean {
  return TYPES.has(extname(file).toLowerCase());
}

/** Whether the file's name ends as that of JSON lines does. */
export function isJsonLinesFile(file: string): boolean {
  return JSON_LINES.includes(extname(file).toLowerCase());
}

/**
 * The content type by the end of the file's name; whether the bytes agree is seen when they are decoded.
 * @throws LetheError `unsupported-format`
 */
export function imageTypeOf(file: string): ImageType {
  const type = TYPES.get(extname(file).toLowerCase());
  if (type !== undefined) return type;
  throw new LetheError('unsupported-format', `${file} is neither an image nor JSON lines`, {
    field: 'path',
    value: file,
    remedy: `Give files that end in ${[...TYPES.keys(), ...JSON_LINES].join(', ')}, or a folder of images.`,
  });
}
