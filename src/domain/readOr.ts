import { LetheError } from './errors.js';

/** What a record says; undefined where it is no such message: anyone may write to a topic. */
export function readOr<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof LetheError) return undefined;
    throw error;
  }
}
