import fc from 'fast-check';
import { type FuzzTarget, fuzzTarget } from '../fuzzTarget.js';

/** Decoders with one fault each: whoever fuzzes them must find it. */
export function faultyTargets(): FuzzTarget[] {
  const held: Buffer[] = [];
  return [
    fuzzTarget('throws', 1, fc.nat(1000), (input) => {
      if (input > 900) throw new TypeError('not one of ours');
    }),
    fuzzTarget('hangs', 1, fc.nat(1000), (input) => {
      while (input > 900);
    }),
    fuzzTarget('grows', 1, fc.nat(), () => held.push(Buffer.alloc(1 << 24, 1))),
  ];
}
