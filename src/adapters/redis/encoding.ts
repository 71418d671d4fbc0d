import { Float16Array } from '@petamoriken/float16';
import { BrokenDataError } from './brokenData.js';
import type { RedisIndexOptions } from './options.js';

type Precision = RedisIndexOptions['type'];

/** A vector as the index stores it: little-endian numbers, copied. */
export function encodeVector(vector: Float32Array, type: Precision): Buffer {
  const numbers = type === 'float16' ? new Float16Array(vector) : vector.slice();
  return Buffer.from(numbers.buffer);
}

/**
 * The vector at a key of Redis.
 * @param dimension how many numbers there must be
 * @throws BrokenDataError where there are others: something else wrote them
 */
export function decodeVector(
  key: string,
  bytes: Buffer,
  { dimension, type }: { readonly dimension: number; readonly type: Precision },
): Float32Array {
  if (bytes.length !== dimension * (type === 'float16' ? 2 : 4))
    throw new BrokenDataError(
      key,
      `contains a vector that does not have ${dimension} components`,
      `${bytes.length} bytes`,
    );
  // A buffer of the client may begin at any address; numbers must not.
  const aligned = Uint8Array.from(bytes).buffer;
  return type === 'float16' ? Float32Array.from(new Float16Array(aligned)) : new Float32Array(aligned);
}

/** A centroid as text: base64 of little-endian float32. */
export function encodeCentroid(centroid: Float32Array): string {
  return encodeVector(centroid, 'float32').toString('base64');
}

/** @throws BrokenDataError */
export function decodeCentroid(key: string, text: string, dimension: number): Float32Array {
  return decodeVector(key, Buffer.from(text, 'base64'), { dimension, type: 'float32' });
}
