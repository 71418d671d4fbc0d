import { exhaustMap, ignoreElements, type Observable, takeUntil, timer } from 'rxjs';
import { classesIn } from '../domain/classes.js';
import type { Context } from './context.js';
import { replaceClassifier } from './replaceClassifier.js';

/** How often a worker without queries asks for the registry; one with queries asks for every batch. */
const POLL_MS = 500;

/** Keeps the classifier that answers the one that the registry names, whoever trained it. Emits nothing. */
export function models(context: Context): Observable<never> {
  const { store, current, load, checkpoints, stop } = context;
  let gone = '';
  const follow = async (): Promise<void> => {
    const snapshot = await store.registry.refresh();
    const { model } = snapshot;
    const erased = classesIn(snapshot, 'erased').map(({ name }) => name);
    if (erased.join('\n') !== gone) {
      // What this worker has cached of models that knew them.
      await checkpoints.removeOf(erased);
      gone = erased.join('\n');
    }
    if (!model || model.version === current.value?.version) return;
    const loaded = await load(model);
    if (store.registry.snapshot().model?.version === model.version) replaceClassifier(context, loaded);
    else loaded.dispose();
  };
  return timer(0, POLL_MS).pipe(exhaustMap(follow), takeUntil(stop), ignoreElements());
}
