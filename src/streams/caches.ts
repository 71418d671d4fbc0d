import {
  concat,
  defer,
  exhaustMap,
  from,
  ignoreElements,
  mergeMap,
  type Observable,
  takeUntil,
  timer,
} from 'rxjs';
import { classesIn, type RegistrySnapshot } from '../domain/classes.js';
import type { Holder } from '../domain/holders.js';
import type { Common, Detecting, Keeping } from './context.js';
import type { Signal } from './signal.js';

/** How often the registry is looked at. */
const POLL_MS = 500;
/** How often a worker looks again at what it keeps, though nothing was erased since. */
const LOOK_MS = 60_000;
/** Likewise where it found something. */
const FOUND_MS = 2000;

type Caching = Pick<Common, 'store' | 'settings' | 'stop'> & Pick<Detecting, 'screen'> & Keeping;

/**
 * Notes in the store that this worker may hold copies of models, before it can write one. It says nothing of what is there: that
 * it has looked, {@link caches} says.
 */
export function registered(context: Caching): Observable<never> {
  return defer(() => note({ confirmed: 0, lookedAt: null, holds: [] }, context)).pipe(ignoreElements());
}

/**
 * Removes what this worker keeps of models that the registry has done with: of those that knew a class that is erased now, and
 * of old ones. Then it looks whether they are gone, and notes in the store what it saw; from time to time it looks again. Every
 * worker does so, whatever it is doing else: one that stands by may hold models of when it was the learner.
 */
export function caches(context: Caching): Observable<Signal> {
  const { store, checkpoints, screen, settings, stop } = context;
  const looking = new Looking(context);
  let newest: string | undefined;
  const tidy = async (): Promise<Signal[]> => {
    const snapshot = await store.registry.refresh();
    await screen.keepUp();
    const signals = await looking.look(snapshot);
    const current = snapshot.model?.version;
    if (current === undefined || current === newest) return signals;
    await checkpoints.removeOld(settings.keepModels, current);
    newest = current;
    return signals;
  };
  return timer(0, POLL_MS).pipe(
    exhaustMap(tidy),
    mergeMap((signals) => from(signals)),
    takeUntil(stop),
  );
}

/** Takes this worker's copies and its name out of the store: it stops, and keeps nothing. */
export function left({ store, copies }: Pick<Caching, 'store' | 'copies'>): Observable<never> {
  return concat(
    defer(() => copies.clear()),
    defer(() => store.holders.drop(copies.id)),
  ).pipe(ignoreElements());
}

class Looking {
  /** What was erased, and when, as it was looked for last. */
  #erased: string | undefined;
  #version = -1;
  #due = 0;
  #held = '';

  constructor(private readonly context: Caching) {}

  async look(snapshot: RegistrySnapshot): Promise<Signal[]> {
    const records = classesIn(snapshot, 'erased');
    const erased = records.map(({ name, erasure }) => `${name} ${erasure?.since ?? 0}`).join('\n');
    const isNew = erased !== this.#erased;
    if (!isNew && performance.now() < this.#due && !(await this.#isLost(snapshot))) return [];
    const holds = await this.#removed(
      records.map(({ name }) => name),
      isNew,
    );
    await note(
      {
        confirmed: holds.length === 0 ? snapshot.version : 0,
        lookedAt: new Date().toISOString(),
        holds: [...holds],
      },
      this.context,
    );
    this.#erased = erased;
    this.#due = performance.now() + (holds.length === 0 ? LOOK_MS : FOUND_MS);
    return this.#toldOnce(holds);
  }

  /** A store that went back may have lost what was noted; its version tells that something happened to it. */
  async #isLost({ version }: RegistrySnapshot): Promise<boolean> {
    if (version === this.#version) return false;
    const { store, copies } = this.context;
    const isKnown = (await store.holders.list()).some(({ id }) => id === copies.id);
    this.#version = version;
    return !isKnown;
  }

  /** @returns what is still there */
  async #removed(classes: readonly string[], isNew: boolean): Promise<readonly string[]> {
    const { copies, checkpoints } = this.context;
    if (classes.length === 0) return [];
    // One that is being written now, of a model that the registry named before, would come after the look.
    await copies.written(classes);
    if (!isNew && (await copies.look(classes)).length === 0) return [];
    await checkpoints.removeOf(classes);
    return copies.look(classes);
  }

  #toldOnce(holds: readonly string[]): Signal[] {
    const found = holds.join(', ');
    const isTold = found === this.#held;
    this.#held = found;
    return isTold || holds.length === 0 ? [] : [{ kind: 'residue', holds }];
  }
}

async function note(
  seen: Pick<Holder, 'confirmed' | 'lookedAt' | 'holds'>,
  { store, copies, worker }: Caching,
): Promise<void> {
  const { id, folder } = copies;
  await store.holders.note({
    id,
    worker,
    folder,
    seenAt: new Date().toISOString(),
    ...seen,
  });
}
