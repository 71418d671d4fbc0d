import {
  asapScheduler,
  from,
  Observable,
  type ObservableInput,
  type OperatorFunction,
  type Subscription,
} from 'rxjs';

/**
 * Projects the values in batches, one batch at a time: each batch holds what arrived while the one before
 * it was under way, at most `maxSize`. Under light load batches are small and nothing waits; under heavy
 * load they are full. Order is kept.
 *
 * ```
 * source:   -a---b-c-d-----|
 * project:   --A   --(takes 2 frames)
 *           ---A----B--(CD)-|      maxSize 2: c and d arrived while b was projected
 * ```
 * @param maxSize largest batch
 * @param project maps a batch to its results, in the order of the batch
 */
export function mapInBatches<T, R>(
  maxSize: number,
  project: (batch: readonly T[]) => ObservableInput<readonly R[]>,
): OperatorFunction<T, R> {
  return (source) =>
    new Observable<R>((subscriber) => {
      const waiting: T[] = [];
      let busy = false;
      let completed = false;
      let projection: Subscription | undefined;

      const takeNext = (): void => {
        if (waiting.length === 0) {
          busy = false;
          if (completed) subscriber.complete();
          return;
        }
        projection = from(project(waiting.splice(0, maxSize))).subscribe({
          next: (results) => {
            for (const result of results) subscriber.next(result);
          },
          error: (error) => subscriber.error(error),
          complete: takeNext,
        });
      };

      const outer = source.subscribe({
        next: (value) => {
          waiting.push(value);
          if (busy) return;
          busy = true;
          // Not at once: values that are emitted together shall share a batch.
          projection = asapScheduler.schedule(takeNext);
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          completed = true;
          if (!busy) subscriber.complete();
        },
      });
      return () => {
        outer.unsubscribe();
        projection?.unsubscribe();
      };
    });
}
