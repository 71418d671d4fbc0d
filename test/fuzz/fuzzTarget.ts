import fc from 'fast-check';
import { LetheError } from '../../src/domain/errors.js';

/** A decoder, and how inputs for it are made. */
export interface FuzzTarget {
  readonly name: string;
  /** Share of a run's inputs that it gets, relative to the others: costly decoders get fewer. */
  readonly weight: number;
  readonly property: fc.IAsyncPropertyWithHooks<[unknown]>;
}

/**
 * A decoder that must give a value or a LetheError with a remedy, whatever it is given. `internal` counts as a failure:
 * it stands for what nobody thought of.
 */
export function fuzzTarget<T>(
  name: string,
  weight: number,
  inputs: fc.Arbitrary<T>,
  decode: (input: T) => unknown,
): FuzzTarget {
  const property = fc.asyncProperty(inputs, async (input) => {
    try {
      await decode(input);
    } catch (error) {
      if (error instanceof LetheError && error.remedy !== '' && error.code !== 'internal') return;
      throw error;
    }
  });
  return { name, weight, property: property as fc.IAsyncPropertyWithHooks<[unknown]> };
}
