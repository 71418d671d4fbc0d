import { endianness } from 'node:os';
import { z } from 'zod';
import { LetheError } from '../errors.js';
import { jsonOfBytes } from '../json.js';
import { IMAGE_TYPES, type ImageType, PAYLOAD_TYPES, type Payload, TEXT_TYPE } from '../messages/payload.js';
import { shownJson } from '../shownJson.js';
import { charsetOf, isJson, mediaTypeOf } from './mediaType.js';

const BYTES_PER_COMPONENT = Float32Array.BYTES_PER_ELEMENT;
const SUPPORTED = PAYLOAD_TYPES.join(', ');
/** Encodings of which every text is one in UTF-8, too. */
const UTF_8: readonly (string | undefined)[] = [undefined, 'utf-8', 'utf8', 'us-ascii'];
const numbersSchema = z.array(z.unknown());

/** A payload on the wire. */
export interface EncodedPayload {
  readonly contentType: string;
  readonly data: Buffer;
}

/** Images as they are, texts in UTF-8, vectors as little-endian float32. */
export function encodePayload(payload: Payload): EncodedPayload {
  if (payload.kind === 'image') {
    const { contentType, bytes } = payload;
    return { contentType, data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  }
  if (payload.kind === 'text') return { contentType: TEXT_TYPE, data: Buffer.from(payload.text) };
  const { vector } = payload;
  const data = littleEndian(Buffer.copyBytesFrom(vector));
  return { contentType: 'application/x-float32', data };
}

/**
 * The image, text or vector that a sample or query carries. An image's bytes are not opened here.
 * @param contentType CloudEvents `datacontenttype`; of its parameters only the `charset` of a text counts
 * @throws LetheError `unsupported-format`, `invalid-text`, `invalid-vector`, `invalid-message` for broken JSON
 */
export function decodePayload(contentType: string | undefined, data: Uint8Array): Payload {
  if (isJson(contentType)) return { kind: 'vector', vector: vectorOfJson(parsedJson(data)) };
  const type = mediaTypeOf(contentType);
  if (type === 'application/x-float32') return { kind: 'vector', vector: vectorOfBytes(data) };
  if (isImageType(type)) return { kind: 'image', contentType: type, bytes: data };
  if (type === TEXT_TYPE) return { kind: 'text', text: textOfBytes(data, charsetOf(contentType)) };
  throw new LetheError(
    'unsupported-format',
    `the content type ${contentType ?? '(missing)'} is not supported`,
    {
      field: 'datacontenttype',
      value: contentType ?? '(missing)',
      remedy: `Send one of ${SUPPORTED}.`,
    },
  );
}

/** @throws LetheError `invalid-message` where the data is no JSON in UTF-8 */
export function parsedJson(data: Uint8Array): unknown {
  try {
    return jsonOfBytes(data);
  } catch (cause) {
    throw new LetheError(
      'invalid-message',
      `the payload is not JSON in UTF-8: ${cause instanceof Error ? cause.message : cause}`,
      {
        field: 'data',
        value: `${data.length} bytes`,
        remedy: 'Send well-formed JSON, or declare the real content type.',
        cause,
      },
    );
  }
}

/**
 * The text of bytes in UTF-8, without a byte order mark.
 * @throws LetheError `invalid-text`; `unsupported-format` for another declared encoding
 */
export function textOfBytes(bytes: Uint8Array, charset?: string): string {
  if (!UTF_8.includes(charset)) {
    throw new LetheError('unsupported-format', `texts in the encoding ${charset} are not supported`, {
      field: 'datacontenttype',
      value: charset,
      remedy: 'Send the text in UTF-8.',
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LetheError('invalid-text', 'the text is not UTF-8', {
      field: 'data',
      value: `${bytes.length} bytes`,
      remedy: 'Send the text in UTF-8.',
      cause,
    });
  }
}

function isImageType(type: string | undefined): type is ImageType {
  return IMAGE_TYPES.some((known) => known === type);
}

function vectorOfBytes(bytes: Uint8Array): Float32Array {
  if (bytes.length % BYTES_PER_COMPONENT !== 0) {
    throw new LetheError(
      'invalid-vector',
      `${bytes.length} bytes are not a whole number of float32 components`,
      {
        field: 'data',
        value: `${bytes.length} bytes`,
        remedy: 'Send 4 bytes for each component, little-endian.',
      },
    );
  }
  // A copy of its own is aligned, whatever the bytes are a view of.
  const copy = new Uint8Array(bytes);
  littleEndian(Buffer.from(copy.buffer));
  const vector = new Float32Array(copy.buffer);
  const broken = vector.findIndex((component) => !Number.isFinite(component));
  if (broken >= 0) finite(vector[broken], broken);
  return vector;
}

/** Swaps the bytes in place from this machine's order to that of the wire, or back. */
function littleEndian(bytes: Buffer): Buffer {
  return endianness() === 'LE' ? bytes : bytes.swap32();
}

/** The vector that a JSON value is. @throws LetheError `invalid-vector` */
export function vectorOfJson(data: unknown): Float32Array {
  const numbers = numbersSchema.safeParse(data);
  if (!numbers.success || numbers.data.length === 0) {
    throw new LetheError('invalid-vector', 'the JSON payload is not an array of numbers', {
      field: 'data',
      value: shownJson(data),
      remedy: 'Send a JSON array with the components of the vector.',
    });
  }
  return Float32Array.from(numbers.data, (component, index) => finite(component, index));
}

/** Finite as float32 too: 1e300 would become infinite. */
function finite(component: unknown, index: number): number {
  const number = typeof component === 'number' ? Math.fround(component) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new LetheError('invalid-vector', `component ${index} of the vector is not a finite float32 number`, {
    field: `data.${index}`,
    value: typeof component === 'number' ? String(component) : shownJson(component),
    remedy: 'Send only finite float32 numbers. Check the embedding for a division by zero or an overflow.',
  });
}
