import { textOfBytes } from '../domain/cloudevents/payload.js';
import { LetheError } from '../domain/errors.js';
import { formatOf } from '../domain/imageFormat.js';
import type { ImagePayload, TextPayload } from '../domain/messages/payload.js';
import { contentId } from './contentId.js';
import { readBytes, readImage, refused } from './imageFile.js';
import type { InputLimits } from './inputItem.js';

/** What a file holds, and the id that follows from its content. */
export interface InputFile {
  readonly id: string;
  readonly payload: ImagePayload | TextPayload;
}

/**
 * The image in a file, or its text where texts are taken: text has no mark by which it could be told.
 * @param name begins the id
 * @throws LetheError `unsupported-format`, `invalid-text`, `empty-payload`, `image-too-large`, `text-too-large`, or
 * `invalid-message` if it cannot be read
 */
export async function readInputFile(path: string, name: string, limits: InputLimits): Promise<InputFile> {
  if (limits.takes === 'texts') return readText(path, name, limits);
  const payload = await readImage(path, limits);
  return { id: contentId(name, payload.bytes), payload };
}

async function readText(path: string, name: string, limits: InputLimits): Promise<InputFile> {
  const bytes = await readBytes(path, limits);
  const format = formatOf(bytes);
  if (format !== undefined) {
    const remedy = 'Give text files (UTF-8). For images, use a Lethe whose embedder takes images.';
    throw refused(path, 'unsupported-format', `it is ${format}, and this Lethe accepts texts`, remedy);
  }
  try {
    return { id: contentId(name, bytes), payload: { kind: 'text', text: textOfBytes(bytes) } };
  } catch (cause) {
    if (!(cause instanceof LetheError)) throw cause;
    throw refused(path, cause.code, cause.message, 'Save it in UTF-8.', cause);
  }
}
