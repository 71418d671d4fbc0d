import { readFile, stat } from 'node:fs/promises';
import { LetheError, type ReasonCode } from '../domain/errors.js';
import { formatOf } from '../domain/imageFormat.js';
import type { ImagePayload } from '../domain/messages/payload.js';
import type { InputLimits } from './inputItem.js';

/** Says of a file that can't be read why, by the number of its error. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file: it was removed, or a link leads to nothing',
  ENOTDIR: 'there is no such file',
  ELOOP: 'its links lead in a circle',
  EACCES: 'it may not be read',
  EPERM: 'it may not be read',
  ENAMETOOLONG: 'its name is too long',
};

/**
 * The image in a file, with the type of its content, whatever its name says.
 * @throws LetheError `unsupported-format`, `empty-payload`, `image-too-large`, or `invalid-message` if it cannot be
 * read
 */
export async function readImage(path: string, limits: InputLimits): Promise<ImagePayload> {
  const bytes = await readBytes(path, limits);
  const contentType = formatOf(bytes);
  if (contentType) return { kind: 'image', contentType, bytes };
  throw refused(
    path,
    'unsupported-format',
    `its content is not a known image format${named(bytes)}`,
    'Use PNG, JPEG or WebP; convert other formats.',
  );
}

/**
 * The content of a file.
 * @throws LetheError `empty-payload`, `image-too-large` or `text-too-large`, or `invalid-message` if it cannot be read
 */
export async function readBytes(path: string, limits: InputLimits): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (found.isDirectory())
      throw refused(
        path,
        'invalid-message',
        'it is a folder',
        'Put the files of a class directly into its folder.',
      );
    if (!found.isFile())
      throw refused(path, 'invalid-message', 'it is not a regular file', 'Give regular files.');
    if (found.size > limits.maxBytes) throw tooLarge(path, found.size, limits);
    const bytes = await readFile(path);
    if (bytes.length > 0) return bytes;
    throw refused(path, 'empty-payload', 'the file is empty', 'Remove it.');
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The name of a well-known format that is not read, by its first bytes. */
function named(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  const known = [
    ['GIF', /^GIF8/],
    ['BMP', /^BM/],
    ['TIFF', /^(II\*\0|MM\0\*)/],
    ['AVIF or HEIF', /^.{4}ftyp/s],
    ['PDF', /^%PDF/],
  ] as const;
  const name = known.find(([, pattern]) => pattern.test(start))?.[0];
  return name === undefined ? '' : ` that is read, but ${name}`;
}

/** Why the file or folder can't be read. */
export function unreadable(path: string, cause: unknown): LetheError {
  if (cause instanceof LetheError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const because = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return refused(path, 'invalid-message', because, 'Repair or remove it.', cause);
}

/** The error for the file at a path. */
export function refused(
  path: string,
  code: ReasonCode,
  message: string,
  remedy: string,
  cause?: unknown,
): LetheError {
  return new LetheError(code, `${path}: ${message}`, { field: 'path', value: path, remedy, cause });
}

function tooLarge(path: string, bytes: number, { maxBytes, takes }: InputLimits): LetheError {
  const kind = takes === 'texts' ? 'text' : 'image';
  return refused(
    path,
    `${kind}-too-large`,
    `the file has ${bytes} bytes`,
    `Use at most ${maxBytes} bytes, or raise limits.${kind}Bytes both here and on the workers.`,
  );
}
