import { Float16Array } from '@petamoriken/float16';
import { LetheError } from '../../domain/errors.js';
import type { RedisIndexOptions } from './options.js';

type Precision = RedisIndexOptions['type'];

/** A vector as the index stores it: little-endian numbers, copied. */
export function encodeVector(vector: Float32Array, type: Precision): Buffer {
  const numbers = type === 'float16' ? new Float16Array(vector) : vector.slice();
  return Buffer.from(numbers.buffer);
}

/** @throws LetheError `invalid-vector` where the bytes are no whole number of numbers: something else wrote them */
export function decodeVector(bytes: Buffer, type: Precision): Float32Array {
  if (bytes.length % (type === 'float16' ? 2 : 4) !== 0) throw unreadable(`${bytes.length} bytes`);
  // A buffer of the client may begin at any address; numbers must not.
  const aligned = Uint8Array.from(bytes).buffer;
  return type === 'float16' ? Float32Array.from(new Float16Array(aligned)) : new Float32Array(aligned);
}

/** A centroid as text: base64 of little-endian float32. */
export function encodeCentroid(centroid: Float32Array): string {
  return encodeVector(centroid, 'float32').toString('base64');
}

export function decodeCentroid(text: string): Float32Array {
  return decodeVector(Buffer.from(text, 'base64'), 'float32');
}

function unreadable(value: string): LetheError {
  return new LetheError('invalid-vector', 'Redis holds a vector that is none', {
    field: 'stores.redis',
    value,
    remedy: 'See who else writes below the keys of Lethe, and restore Redis from a backup.',
  });
}
