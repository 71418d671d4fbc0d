import { LetheError } from './errors.js';

/** The message in a record; undefined if it is none, because anyone may write to a topic. */
export function readOr<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof LetheError) return undefined;
    throw error;
  }
}
