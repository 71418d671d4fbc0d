import { createReadStream } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { classNameSchema } from '../domain/className.js';
import { LetheError, toLetheError } from '../domain/errors.js';
import { idSchema, subjectSchema } from '../domain/messages/common.js';
import { imageTypeSchema, type Payload } from '../domain/messages/payload.js';
import { contentId } from './contentId.js';
import { readBytes, unreadable } from './imageFile.js';
import { readInputFile } from './inputFile.js';
import type { FoundInput, InputLimits } from './inputItem.js';

const common = {
  id: idSchema.optional(),
  label: classNameSchema.optional(),
  subject: subjectSchema.optional(),
};
const lineSchema = z.union(
  [
    z.strictObject({ ...common, vector: z.array(z.number()).min(1) }),
    z.strictObject({ ...common, text: z.string().min(1) }),
    z.strictObject({ ...common, image: z.base64(), contentType: imageTypeSchema }),
    z.strictObject({ ...common, path: z.string().min(1), contentType: imageTypeSchema.optional() }),
  ],
  {
    error:
      'each line needs either "vector" (numbers), or "text", or "image" (base64) with "contentType", or "path"; "id", "label" and "subject" are optional',
  },
);

type Line = z.infer<typeof lineSchema>;

/** The source of lines. */
export interface LineSource {
  /** Named in errors, and in the ids of lines that have none. */
  readonly name: string;
  /** Folder to which a line's `path` is relative. */
  readonly folder: string;
}

/** What is known of an invalid line. */
const labelledSchema = z.looseObject({ label: classNameSchema });

/** {@link readJsonLines} of a file. */
export function readJsonLinesFile(path: string, limits: InputLimits): AsyncGenerator<FoundInput> {
  return readJsonLines(createReadStream(path), { name: path, folder: dirname(path) }, limits);
}

/**
 * Inputs as JSON, one per line: `{"label": "cat", "path": "cat.png"}`, `{"image": "<base64>", "contentType":
 * "image/webp"}`, `{"text": "…"}` or `{"vector": [0.1, …]}`. Empty lines are skipped. A line that is no input, or names an invalid
 * file, is reported with its number and the reason.
 * @throws LetheError `invalid-message` if the stream itself cannot be read
 */
export async function* readJsonLines(
  stream: NodeJS.ReadableStream,
  source: LineSource,
  limits: InputLimits,
): AsyncGenerator<FoundInput> {
  let number = 0;
  for await (const line of linesOf(stream, source.name)) {
    number++;
    if (line.trim() !== '') yield await inputOf(line, `${source.name}:${number}`, source.folder, limits);
  }
}

async function* linesOf(stream: NodeJS.ReadableStream, name: string): AsyncGenerator<string> {
  // The lines end without a word where the stream fails.
  let failure: { readonly cause: unknown } | undefined;
  stream.once('error', (cause) => {
    failure = { cause };
  });
  try {
    yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    failure = { cause };
  }
  if (failure) throw unreadable(name, failure.cause);
}

async function inputOf(line: string, at: string, folder: string, limits: InputLimits): Promise<FoundInput> {
  let json: unknown;
  try {
    json = jsonOf(line, at);
    const input = parsed(json, at);
    const payload = await payloadOf(input, folder, limits);
    const { id = contentId(at, line), label, subject } = input;
    const named = { ...(label !== undefined && { label }), ...(subject !== undefined && { subject }) };
    return { item: { id, place: at, kind: 'line', payload, ...named } };
  } catch (cause) {
    const { label } = labelledSchema.safeParse(json).data ?? {};
    const error = atLine(at, toLetheError(cause, 'invalid-message'));
    return { unusable: { place: at, kind: 'line', error, ...(label !== undefined && { label }) } };
  }
}

function jsonOf(line: string, at: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw invalidLine(at, 'it is not JSON', cause);
  }
}

function parsed(json: unknown, at: string): Line {
  const result = lineSchema.safeParse(json);
  if (result.success) return result.data;
  throw invalidLine(at, z.prettifyError(result.error), result.error);
}

async function payloadOf(input: Line, folder: string, limits: InputLimits): Promise<Payload> {
  if ('vector' in input) return { kind: 'vector', vector: Float32Array.from(input.vector) };
  if ('text' in input) return { kind: 'text', text: input.text };
  if ('image' in input) {
    return { kind: 'image', contentType: input.contentType, bytes: Buffer.from(input.image, 'base64') };
  }
  const { contentType } = input;
  const path = resolve(folder, input.path);
  if (contentType === undefined) return (await readInputFile(path, path, limits)).payload;
  return { kind: 'image', contentType, bytes: await readBytes(path, limits) };
}

/** An error with its line: a file that the line names has its own. */
function atLine(at: string, error: LetheError): LetheError {
  if (error.field === at) return error;
  return new LetheError(error.code, `line ${at}: ${error.message}`, {
    field: at,
    value: error.value,
    remedy: error.remedy,
    cause: error,
  });
}

function invalidLine(at: string, message: string, cause: unknown): LetheError {
  return new LetheError('invalid-message', `line ${at}: ${message}`, {
    field: at,
    remedy: 'Correct the line.',
    cause,
  });
}
