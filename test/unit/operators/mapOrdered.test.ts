import { map, throwError, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { mapOrdered } from '../../../src/operators/mapOrdered.js';
import { marbles } from '../../support/marbles.js';

/** Projects a digit to itself, after that many frames. */
const after = (value: string) => timer(Number(value)).pipe(map(() => value));

describe('mapOrdered', () => {
  it(
    'keeps the order of the source although later values are done first',
    marbles(({ cold, expectObservable }) => {
      const result = cold('6-1-2------|').pipe(mapOrdered(3, after));
      expectObservable(result).toBe('------(612)|');
    }),
  );

  it(
    'runs no more projections at once than it may',
    marbles(({ cold, expectObservable }) => {
      const result = cold('3-1---|').pipe(mapOrdered(1, after));
      expectObservable(result).toBe('---31-|');
    }),
  );

  it(
    'completes after the last result',
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('4-|').pipe(mapOrdered(2, after))).toBe('----(4|)');
      expectObservable(cold('--|').pipe(mapOrdered(2, after))).toBe('--|');
    }),
  );

  it(
    'passes on errors',
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('1-#').pipe(mapOrdered(2, after))).toBe('-1#');
      expectObservable(cold('-1').pipe(mapOrdered(2, () => throwError(() => 'error')))).toBe('-#');
    }),
  );
});
