import { materialize, type Observable, type ObservableNotification } from 'rxjs';

/**
 * The values of an observable for `for await`: each loop subscribes when it begins, and unsubscribes when it ends. What comes
 * faster than it is taken waits in memory.
 */
export function valuesOf<T>(source: Observable<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => iterated(source) };
}

async function* iterated<T>(source: Observable<T>): AsyncGenerator<T, undefined> {
  const waiting: ObservableNotification<T>[] = [];
  let wake = (): void => undefined;
  const subscription = source.pipe(materialize()).subscribe((notification) => {
    waiting.push(notification);
    wake();
  });
  try {
    for (;;) {
      const next = waiting.shift();
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else if (next.kind === 'N') yield next.value;
      else if (next.kind === 'E') throw next.error;
      else return;
    }
  } finally {
    subscription.unsubscribe();
  }
}
