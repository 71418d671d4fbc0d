import { endianness } from 'node:os';
import { z } from 'zod';
import type { Detector } from './detector.js';

const count = z.int().nonnegative();
const headerSchema = z.strictObject({
  format: z.literal(2),
  dimension: count,
  keys: z.array(z.string()),
  ids: z.array(z.string()),
  places: z.array(count),
});
const NUMBER = Float32Array.BYTES_PER_ELEMENT;

/** A detector as bytes: the length of a JSON header, the header, then rows, biases and held-out scores as float32. */
export function encodeDetector({ dimension, keys, rows, biases, heldOut }: Detector): Buffer {
  const places = [...heldOut.places];
  const header = Buffer.from(JSON.stringify({ format: 2, dimension, keys, ids: heldOut.ids, places }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, header, ...[rows, biases, heldOut.scores].map(littleEndian)]);
}

/** @returns null for bytes of something else, e.g. of another version of Lethe */
export function decodeDetector(bytes: Uint8Array): Detector | null {
  const all = Buffer.from(bytes);
  const start = all.length < 4 ? 0 : 4 + all.readUInt32LE(0);
  const header = headerSchema.safeParse(json(all.subarray(4, start).toString()));
  if (!header.success) return null;
  const { dimension, keys, ids, places } = header.data;
  const sizes = { rows: keys.length * dimension, biases: keys.length, scores: places.length * keys.length };
  if (all.length !== start + NUMBER * (sizes.rows + sizes.biases + sizes.scores)) return null;
  if (ids.length !== places.length) return null;
  if (places.some((place) => place >= keys.length)) return null;
  let at = start;
  const next = (size: number): Float32Array => {
    const numbers = all.subarray(at, at + size * NUMBER);
    at += size * NUMBER;
    return new Float32Array(new Uint8Array(littleEndian(numbers)).buffer);
  };
  const [rows, biases, scores] = [next(sizes.rows), next(sizes.biases), next(sizes.scores)];
  return { dimension, keys, rows, biases, heldOut: { ids, places: Int32Array.from(places), scores } };
}

/** A copy of float32 numbers as little-endian bytes, or of such bytes in this machine's order. */
function littleEndian({ buffer, byteOffset, byteLength }: Float32Array | Buffer): Buffer {
  const bytes = Buffer.from(new Uint8Array(buffer, byteOffset, byteLength));
  return endianness() === 'LE' ? bytes : bytes.swap32();
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
