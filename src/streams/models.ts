import { exhaustMap, filter, type Observable, takeUntil, timer } from 'rxjs';
import type { Context } from './context.js';
import type { Signal } from './signal.js';

/** How often a worker without queries asks for the registry; one with queries asks for every batch. */
const POLL_MS = 500;

/** Keeps the classifier that answers the one that the registry names, whoever trained it. Emits nothing. */
export function models({ store, current, load, stop }: Context): Observable<Signal> {
  return timer(0, POLL_MS).pipe(
    takeUntil(stop),
    exhaustMap(async (): Promise<Signal | null> => {
      const { model } = await store.registry.refresh();
      if (!model || model.version === current.value?.version) return null;
      const loaded = await load(model);
      if (store.registry.snapshot().model?.version !== model.version) {
        loaded.dispose();
        return null;
      }
      const replaced = current.value;
      current.next(loaded);
      replaced?.dispose();
      return null;
    }),
    filter((signal) => signal !== null),
  );
}
