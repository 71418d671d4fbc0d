import { LetheError } from '../../src/domain/errors.js';

/** The error that a call refuses with. */
export function thrownBy(call: () => unknown): LetheError {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof LetheError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}
