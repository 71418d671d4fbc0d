import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { classNameSchema } from '../domain/className.js';
import { LetheError } from '../domain/errors.js';
import { idSchema, subjectSchema } from '../domain/messages/common.js';
import { imageTypeSchema, type Payload } from '../domain/messages/payload.js';
import { contentId } from './contentId.js';
import { imageTypeOf } from './fileType.js';
import type { InputItem } from './inputItem.js';

const common = {
  id: idSchema.optional(),
  label: classNameSchema.optional(),
  subject: subjectSchema.optional(),
};
const lineSchema = z.union(
  [
    z.strictObject({ ...common, vector: z.array(z.number()).min(1) }),
    z.strictObject({ ...common, image: z.base64(), contentType: imageTypeSchema }),
    z.strictObject({ ...common, path: z.string().min(1), contentType: imageTypeSchema.optional() }),
  ],
  {
    error:
      'each line needs either "vector" (numbers), or "image" (base64) with "contentType", or "path"; "id", "label" and "subject" are optional',
  },
);

type Line = z.infer<typeof lineSchema>;

/** Where lines come from. */
export interface LineSource {
  /** Named in errors, and in the ids of lines that have none. */
  readonly name: string;
  /** Folder to which a line's `path` is relative. */
  readonly folder: string;
}

/** {@link readJsonLines} of a file. */
export function readJsonLinesFile(path: string): AsyncGenerator<InputItem> {
  return readJsonLines(createReadStream(path), { name: path, folder: dirname(path) });
}

/**
 * Inputs as JSON, one a line: `{"label": "cat", "path": "cat.png"}`,
 * `{"image": "<base64>", "contentType": "image/webp"}` or `{"vector": [0.1, …]}`. Empty lines are passed over.
 * @throws LetheError `invalid-message` that names the line
 */
export async function* readJsonLines(
  stream: NodeJS.ReadableStream,
  source: LineSource,
): AsyncGenerator<InputItem> {
  let number = 0;
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === '') continue;
    const at = `${source.name}:${number}`;
    const input = parsed(line, at);
    const payload = await payloadOf(input, source.folder, at);
    const id = input.id ?? contentId(at, line);
    const { label, subject } = input;
    yield { id, payload, ...(label !== undefined && { label }), ...(subject !== undefined && { subject }) };
  }
}

function parsed(line: string, at: string): Line {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw invalidLine(at, 'it is not JSON', cause);
  }
  const result = lineSchema.safeParse(json);
  if (result.success) return result.data;
  throw invalidLine(at, z.prettifyError(result.error), result.error);
}

async function payloadOf(input: Line, folder: string, at: string): Promise<Payload> {
  if ('vector' in input) return { kind: 'vector', vector: Float32Array.from(input.vector) };
  if ('image' in input) {
    return { kind: 'image', contentType: input.contentType, bytes: Buffer.from(input.image, 'base64') };
  }
  const contentType = input.contentType ?? imageTypeOf(input.path);
  const path = resolve(folder, input.path);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw invalidLine(at, `${input.path} can't be read`, cause);
  });
  return { kind: 'image', contentType, bytes };
}

function invalidLine(at: string, message: string, cause: unknown): LetheError {
  return new LetheError('invalid-message', `line ${at}: ${message}`, {
    field: at,
    remedy: 'Mend the line; the lines before it were sent.',
    cause,
  });
}
