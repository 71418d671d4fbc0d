import { map, of, throwError, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { mapInBatches } from '../../../src/operators/mapInBatches.js';
import { marbles } from '../../support/marbles.js';

const upper = (batch: readonly string[]): string[] => batch.map((value) => value.toUpperCase());
/** A projection that takes that many frames. */
const inFrames = (frames: number) => (batch: readonly string[]) =>
  timer(frames).pipe(map(() => upper(batch)));

describe('mapInBatches', () => {
  it(
    'projects a lone value at once, and together what arrives meanwhile',
    marbles(({ cold, expectObservable }) => {
      const source = cold('-a--bc-d------|');
      const expected = '-----A---(BC)D|';
      const result = source.pipe(mapInBatches(10, inFrames(4)));
      expectObservable(result).toBe(expected);
    }),
  );

  it(
    'takes values that are emitted together into one batch, but never more than maxSize',
    marbles(({ cold, expectObservable }) => {
      const source = cold('(abcde|)');
      const expected = '----(AB)(CD)(E|)';
      expectObservable(source.pipe(mapInBatches(2, inFrames(4)))).toBe(expected);
    }),
  );

  it(
    'completes after the last batch, and at once where nothing is under way',
    marbles(({ cold, expectObservable }) => {
      const slow = mapInBatches(4, inFrames(5));
      expectObservable(cold('--|').pipe(slow)).toBe('--|');
      expectObservable(cold('a-|').pipe(slow)).toBe('-----(A|)');
    }),
  );

  it(
    'passes on errors of the source and of the projection',
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('--#').pipe(mapInBatches(4, (batch) => of(batch)))).toBe('--#');
      expectObservable(cold('--a').pipe(mapInBatches(4, () => throwError(() => 'error')))).toBe('--#');
    }),
  );

  it(
    'stops its projection when it is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inner = cold('-----(x|)', { x: ['X'] });
      expectObservable(cold('a').pipe(mapInBatches(4, () => inner)), '---!').toBe('---');
      expectSubscriptions(inner.subscriptions).toBe('^--!');
    }),
  );
});
