import {
  asapScheduler,
  from,
  Observable,
  type ObservableInput,
  type OperatorFunction,
  Subscription,
} from 'rxjs';

/**
 * Projects the values in batches: each batch contains what arrived while the previous ones were in progress, at most
 * `maxSize`. Under light load, batches are small and nothing waits; under heavy load, they are full. The order is
 * kept, even if a later batch is done first.
 *
 * ```
 * source:   -a--bc-d------|
 * each batch takes 4 frames
 *           -----A---(BC)D|
 * ```
 * @param maxSize largest batch
 * @param project maps a batch to its results, in the order of the batch
 * @param concurrency largest number of batches in progress; more than one keeps a worker busy between two batches
 */
export function mapInBatches<T, R>(
  maxSize: number,
  project: (batch: readonly T[]) => ObservableInput<readonly R[]>,
  concurrency = 1,
): OperatorFunction<T, R> {
  return (source) =>
    new Observable<R>((subscriber) => {
      const waiting: T[] = [];
      /** Batches in progress, oldest first; a slot holds its results until those before it are emitted. */
      const slots: { readonly results: R[]; done: boolean }[] = [];
      const projections = new Subscription();
      let running = 0;
      let scheduled = false;
      let completed = false;

      const emitInOrder = (): void => {
        while (slots[0]?.done) {
          for (const result of slots.shift()?.results ?? []) subscriber.next(result);
        }
        if (completed && slots.length === 0 && waiting.length === 0) subscriber.complete();
      };
      const start = (batch: readonly T[]): void => {
        const slot = { results: [] as R[], done: false };
        slots.push(slot);
        running++;
        projections.add(
          from(project(batch)).subscribe({
            next: (results) => slot.results.push(...results),
            error: (error) => subscriber.error(error),
            complete: () => {
              slot.done = true;
              running--;
              emitInOrder();
              startWaiting();
            },
          }),
        );
      };
      const startWaiting = (): void => {
        scheduled = false;
        while (running < concurrency && waiting.length > 0) start(waiting.splice(0, maxSize));
      };

      projections.add(
        source.subscribe({
          next: (value) => {
            waiting.push(value);
            if (scheduled || running >= concurrency) return;
            scheduled = true;
            // Not at once: values that are emitted together shall share a batch.
            projections.add(asapScheduler.schedule(startWaiting));
          },
          error: (error) => subscriber.error(error),
          complete: () => {
            completed = true;
            emitInOrder();
          },
        }),
      );
      return projections;
    });
}
