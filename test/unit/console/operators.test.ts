import { map, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { atMost } from '../../../src/console/atMost.js';
import { concatMapLossy } from '../../../src/console/concatMapLossy.js';
import { rateOf } from '../../../src/console/rate.js';
import { marbles } from '../../support/marbles.js';

/** Each takes three frames; what was dropped before is told as a number behind. */
const slowly = (value: string, dropped: number) =>
  timer(3).pipe(map(() => (dropped > 0 ? `${value}${dropped}` : value)));
const plain = { limit: 2, keyOf: () => null };

describe('concatMapLossy', () => {
  it(
    'projects one after the other, in order, while all that waits has room',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -abc------|     ');
      const expected = '    ----a--b--(c|)';
      expectObservable(source.pipe(concatMapLossy(plain, slowly))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe('^---------!');
    }),
  );

  it(
    'drops the oldest of what waits, and tells the next one how many',
    marbles(({ hot, expectObservable }) => {
      const source = hot('  -abcde----|     ');
      const expected = '    ----a--x--d--(e|)';
      expectObservable(source.pipe(concatMapLossy(plain, slowly))).toBe(expected, {
        a: 'a',
        x: 'c1',
        d: 'd',
        e: 'e',
      });
    }),
  );

  it(
    'keeps of each key the newest, before all others',
    marbles(({ hot, expectObservable }) => {
      const source = hot('  -(aBcCB)--|        ');
      const expected = '    ----a--x--y--(c|)';
      const keyOf = (value: string) => (value === value.toUpperCase() ? value : null);
      expectObservable(source.pipe(concatMapLossy({ limit: 2, keyOf }, slowly))).toBe(expected, {
        a: 'a',
        x: 'C',
        y: 'B',
        c: 'c',
      });
    }),
  );

  it(
    'passes errors on, and ends with its subscriber',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const broken = hot('-a-#');
      expectObservable(broken.pipe(concatMapLossy(plain, slowly))).toBe('---#');
      const source = hot('-a--b----');
      expectObservable(source.pipe(concatMapLossy(plain, slowly)), '^----!').toBe('----a');
      expectSubscriptions(source.subscriptions).toBe('^----!');
    }),
  );
});

describe('atMost', () => {
  it(
    'lets the first of each window through',
    marbles(({ hot, expectObservable }) => {
      const source = hot('  -abc--def---g|');
      const expected = '    -ab---de----g|';
      expectObservable(source.pipe(atMost(2, 5))).toBe(expected);
    }),
  );
});

describe('rateOf', () => {
  it(
    'counts the answers of each second by who answered, and tells once that there are none',
    marbles(({ hot, expectObservable }) => {
      const answers = hot('a 99ms b 99ms a 2800ms a', {
        a: { route: 'model' },
        b: { route: 'strategy:nearest' },
      } as const);
      const none = { perSecond: 0, routes: {} };
      expectObservable(rateOf(answers), '^ 4100ms !').toBe('n 999ms x 999ms n 1999ms y', {
        n: none,
        x: { perSecond: 3, routes: { model: 2, 'strategy:nearest': 1 } },
        y: { perSecond: 1, routes: { model: 1 } },
      });
    }),
  );
});
