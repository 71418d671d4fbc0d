import { from, Observable, type ObservableInput, type OperatorFunction, Subscription } from 'rxjs';

/** How much may wait, and what may be dropped. */
export interface Lossy<T> {
  /** Values that wait at most, besides those with a key. */
  readonly limit: number;
  /** Values of one key replace each other while they wait; null: each counts. */
  readonly keyOf: (value: T) => string | null;
}

/**
 * Projects one value after the other, like concatMap, in bounded memory: it drops the oldest waiting values, and keeps
 * only the newest of each key. It never blocks the source.
 *
 * ```
 * source:  -abcd-------|   limit 1, each takes 3 frames
 *          ----A--D|       D was told that two were dropped
 * ```
 * @param project gets the value and how many were dropped since the last one
 */
export function concatMapLossy<T, R>(
  { limit, keyOf }: Lossy<T>,
  project: (value: T, dropped: number) => ObservableInput<R>,
): OperatorFunction<T, R> {
  return (source) =>
    new Observable<R>((subscriber) => {
      const queue: T[] = [];
      /** The newest values by key; they go before the others. */
      const states = new Map<string, T>();
      const subscription = new Subscription();
      let dropped = 0;
      let busy = false;
      let completed = false;

      const next = (): { value: T } | undefined => {
        for (const [key, value] of states) {
          states.delete(key);
          return { value };
        }
        return queue.length > 0 ? { value: queue.shift() as T } : undefined;
      };
      const proceed = (): void => {
        while (!busy && !subscriber.closed) {
          const waiting = next();
          if (!waiting) {
            if (completed) subscriber.complete();
            return;
          }
          busy = true;
          const told = dropped;
          dropped = 0;
          subscription.add(
            from(project(waiting.value, told)).subscribe({
              next: (result) => subscriber.next(result),
              error: (error) => subscriber.error(error),
              complete: () => {
                busy = false;
                proceed();
              },
            }),
          );
        }
      };
      subscription.add(
        source.subscribe({
          next: (value) => {
            const key = keyOf(value);
            if (key === null) queue.push(value);
            else {
              states.delete(key);
              states.set(key, value);
            }
            if (queue.length > limit) {
              queue.shift();
              dropped++;
            }
            proceed();
          },
          error: (error) => subscriber.error(error),
          complete: () => {
            completed = true;
            proceed();
          },
        }),
      );
      return subscription;
    });
}
