import { asyncScheduler, defer, filter, type MonoTypeOperatorFunction } from 'rxjs';

/**
 * Lets the first `count` values of each window through, and drops the rest; a window begins with its first value.
 *
 * ```
 * source:  -abc---de|   count 2, windows of 5 frames
 *          -ab----de|
 * ```
 */
export function atMost<T>(count: number, windowMs: number): MonoTypeOperatorFunction<T> {
  return (source) =>
    defer(() => {
      let begin = Number.NEGATIVE_INFINITY;
      let passed = 0;
      return source.pipe(
        filter(() => {
          const now = asyncScheduler.now();
          if (now - begin >= windowMs) {
            begin = now;
            passed = 0;
          }
          return passed++ < count;
        }),
      );
    });
}
