import { from, Observable, type ObservableInput, type OperatorFunction, Subscription } from 'rxjs';

/**
 * Like `mergeMap` with a limit on concurrency, but results come out in the order of the source.
 *
 * ```
 * source:   a-b-c----|
 * a takes 5, b takes 1, c takes 1 frames; concurrency 2
 *           -----(ab)c-|
 * ```
 * @param concurrency how many projections may run at a time
 * @param project maps a value to one result
 */
export function mapOrdered<T, R>(
  concurrency: number,
  project: (value: T) => ObservableInput<R>,
): OperatorFunction<T, R> {
  return (source) =>
    new Observable<R>((subscriber) => {
      const waiting: T[] = [];
      /** Projections by order of their values; a slot holds its result until those before it are out. */
      const slots: { result: R[]; done: boolean }[] = [];
      let running = 0;
      let completed = false;
      const projections = new Subscription();

      const emitInOrder = (): void => {
        while (slots[0]?.done) {
          for (const value of slots.shift()?.result ?? []) subscriber.next(value);
        }
        if (completed && slots.length === 0 && waiting.length === 0) subscriber.complete();
      };
      const start = (value: T): void => {
        const slot = { result: [] as R[], done: false };
        slots.push(slot);
        running++;
        projections.add(
          from(project(value)).subscribe({
            next: (result) => slot.result.push(result),
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
        while (running < concurrency && waiting.length > 0) start(waiting.shift() as T);
      };

      projections.add(
        source.subscribe({
          next: (value) => {
            waiting.push(value);
            startWaiting();
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
