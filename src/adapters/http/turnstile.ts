import { LetheError } from '../../domain/errors.js';

/** Lets so many wait at a time and refuses the rest, so that a full log does not fill memory with requests. */
export class Turnstile {
  #inside = 0;

  constructor(private readonly places: number) {}

  /** @throws LetheError `overloaded`, retriable, where as many are inside as may */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.places) {
      throw busy(`${this.places} requests are waiting for room in the log already`);
    }
    this.#inside++;
    try {
      return await work();
    } finally {
      this.#inside--;
    }
  }
}

/** Of a Lethe that takes no message just now. */
export const notReady = (): LetheError => busy('Lethe is not ready, or shutting down');

function busy(message: string): LetheError {
  return new LetheError('overloaded', message, {
    remedy: 'Send the same request again a little later.',
    retriable: true,
  });
}
