import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A sample of a stream of items. */
export interface Reservoir<T> {
  /** The sample so far, at most `size` items. */
  readonly items: readonly T[];
  /** @param keep makes what is kept of the next item; called only where it gets into the sample */
  offer(keep: () => T): void;
}

/**
 * A seeded sample in which each item of the stream is as likely, in bounded memory (reservoir sampling, Vitter's
 * algorithm R).
 */
export function createReservoir<T>(size: number, seed: number): Reservoir<T> {
  const generator = xoroshiro128plus(seed);
  const items: T[] = [];
  let seen = 0;
  return {
    items,
    offer(keep) {
      const slot = seen < size ? seen : uniformInt(generator, 0, seen);
      if (slot < size) items[slot] = keep();
      seen++;
    },
  };
}
