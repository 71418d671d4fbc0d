import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded source of random numbers. */
export interface Random {
  /** An integer from 0 to `n` - 1, each as likely. */
  below(n: number): number;
  /** A number from N(0, 1). */
  normal(): number;
}

/**
 * The generator of one purpose: the same path always gives the same numbers, and other paths independent ones, so that a
 * training can be resumed at any epoch without a stored state.
 * @param path the seed and then whatever names the purpose, e.g. task and epoch; integers
 */
export function randomOf(...path: readonly number[]): Random {
  const generator = xoroshiro128plus(path.reduce(mixed, 0x9e3779b9));
  let spare: number | undefined;
  return {
    below: (n) => uniformInt(generator, 0, n - 1),
    // Box and Muller's polar form; every second number comes for free.
    normal: () => {
      if (spare !== undefined) {
        const kept = spare;
        spare = undefined;
        return kept;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(generator)));
      const angle = 2 * Math.PI * uniformFloat64(generator);
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}

/** The numbers 0 to n - 1 in random order (Fisher and Yates). */
export function permutation(n: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, index) => index);
  for (let last = n - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const moved = order[last] as number;
    order[last] = order[other] as number;
    order[other] = moved;
  }
  return order;
}

/** `length` numbers from N(0, deviation^2). */
export function normals(length: number, deviation: number, random: Random): Float32Array {
  return Float32Array.from({ length }, () => deviation * random.normal());
}

/** Mixes the next integer of a path into the hash of those before it (the finaliser of MurmurHash3). */
function mixed(hash: number, next: number): number {
  let h = Math.imul(hash ^ (next | 0), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) + 0x9e3779b9;
}
