import {
  exhaustMap,
  firstValueFrom,
  ignoreElements,
  merge,
  type Observable,
  race,
  skip,
  takeUntil,
  timer,
} from 'rxjs';
import type { Classifier } from '../model/classifier.js';
import type { Answering, Common } from './context.js';
import { replaceClassifier } from './replaceClassifier.js';

/** How often a worker without queries asks for the registry; one with queries asks for every batch. */
const POLL_MS = 500;

/** When the registry is looked at for the model that it names. */
export interface Following {
  /** Somebody waits for it: at once. */
  readonly asked: Observable<unknown>;
  /** Nobody will ask any more. Not before the last answer is made: that may need a model that was made meanwhile. */
  readonly over: Observable<unknown>;
}

/** Keeps the classifier that answers the one that the registry names, whoever trained it. Emits nothing. */
export function models(
  context: Pick<Common, 'store'> & Answering,
  { asked, over }: Following,
): Observable<never> {
  const { store, current, load } = context;
  const follow = async (): Promise<void> => {
    const { model } = await store.registry.refresh();
    if (!model || model.version === current.value?.version) return;
    const loaded = await load(model);
    if (store.registry.snapshot().model?.version === model.version) replaceClassifier(context, loaded);
    else loaded.dispose();
  };
  return merge(timer(0, POLL_MS), asked).pipe(exhaustMap(follow), takeUntil(over), ignoreElements());
}

/**
 * The model that the registry names, as soon as it is loaded here; null where it names none. An answer is made by no older
 * one, so that a class that was learned is known, and one that was erased is not, from the registry's version on that the
 * answer names.
 * @param ask has {@link models} look at once
 */
export async function modelNow(
  { current, store }: Pick<Common, 'store'> & Pick<Answering, 'current'>,
  ask: () => void,
): Promise<Classifier | null> {
  for (;;) {
    const { model } = await store.registry.refresh();
    if (!model) return null;
    if (current.value?.version === model.version) return current.value;
    const changed = firstValueFrom(race(current.pipe(skip(1)), timer(POLL_MS)));
    ask();
    await changed;
  }
}
