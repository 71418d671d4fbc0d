import { concatMap, exhaustMap, from, type Observable, takeUntil, timer } from 'rxjs';
import { classesIn, type Erasure, type RegistrySnapshot } from '../domain/classes.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { type Pauses, pauseAfter } from '../domain/pauses.js';
import { filesPlace, holderPlace, isSettled, type Place } from '../domain/places.js';
import { topicPlaces } from '../domain/topicPlaces.js';
import { lookAt, placesOf } from '../forgetting/lookAt.js';
import { noteFiles } from '../forgetting/purgeClasses.js';
import { announce } from './announce.js';
import type { Common, Keeping } from './context.js';
import { topicsHolding } from './purgeTopics.js';
import type { Signal } from './signal.js';

/** How often it is looked whether the others have looked. */
const POLL_MS = 500;
/** Before what failed is tried again. */
const PAUSES: Pauses = { first: 1000, longest: 300_000 };

/** An erasure that was told of, and of which something is still waited for. */
interface Open extends Pick<Erasure, 'commandId' | 'since' | 'files'> {
  readonly classes: readonly string[];
}

/**
 * Brings erasures to their end: waits until every worker that may hold a copy has looked, or was declared gone; has what failed
 * tried again, for as long as it takes, also after a restart and by the next learner. When every place was looked at it tells so,
 * once.
 */
export function clearing(context: Common & Keeping): Observable<Signal> {
  const trying = new Trying(context);
  return timer(0, POLL_MS).pipe(
    // Told of before it looks again: one that is not marked yet would be told of twice.
    exhaustMap(() => from(trying.ended()).pipe(concatMap(from), concatMap(announce(context)))),
    takeUntil(context.stop),
  );
}

class Trying {
  #next = 0;
  #failures = 0;

  constructor(private readonly context: Common & Keeping) {}

  /** Erasures that are complete, and not told of as such. */
  async ended(): Promise<LetheEvent[]> {
    const { store } = this.context;
    const open = openErasures(await store.registry.refresh());
    if (open.length === 0 || performance.now() < this.#next) return [];
    const holders = await store.holders.list();
    const lookedFor = open.filter(({ since }) =>
      holders.every((holder) => isSettled(holderPlace(holder, since))),
    );
    const written = await this.#written(open);
    const events: LetheEvent[] = [];
    let failed = open.some(({ files }) => !isSettled(filesPlace(written ?? files)));
    for (const erasure of lookedFor) {
      const places = await this.#placesOf({ ...erasure, files: written ?? erasure.files });
      if (!places.every(isSettled)) failed = true;
      else events.push(completed(erasure, places, store.registry.snapshot()));
    }
    this.#wait(failed);
    return events;
  }

  #wait(failed: boolean): void {
    this.#failures = failed ? this.#failures + 1 : 0;
    this.#next = failed ? performance.now() + pauseAfter(this.#failures, PAUSES) : 0;
  }

  /** Has the files written anew where they may hold what was deleted. @returns how that ended, where it was asked for */
  async #written(open: readonly Open[]): Promise<Erasure['files'] | undefined> {
    const { store } = this.context;
    const due = open.filter(({ files }) => !isSettled(filesPlace(files)));
    if (due.length === 0) return undefined;
    const classes = due.flatMap((each) => each.classes);
    // Of a task that failed: they go first.
    if ((await store.vectors.count({ classes })) > 0) return undefined;
    // Deletes none, but ends what a learner began that died: of what is in no database any more, some may be there yet.
    await store.vectors.delete({ classes: [] });
    const files = await store.rewriteFiles();
    const changed = due.filter((each) => each.files !== files).map(({ commandId }) => commandId);
    if (changed.length > 0) await noteFiles(changed, files, store);
    return files;
  }

  async #placesOf({ classes, ...erasure }: Open): Promise<Place[]> {
    const { checkpoints } = this.context;
    const places = [
      ...placesOf(await lookAt(classes, this.context), erasure),
      ...topicPlaces(await topicsHolding(this.context)),
    ];
    const isLeft = places.some(({ kind, state }) => kind === 'checkpoints' && state === 'failed');
    if (isLeft) await checkpoints.removeOf(classes);
    return places;
  }
}

/** Those of classes that are being learned anew are not waited for: that ends what was claimed of them. */
function openErasures(snapshot: RegistrySnapshot): Open[] {
  const open = new Map<string, Open>();
  for (const { name, erasing, erasure } of classesIn(snapshot, 'erased')) {
    if (!erasure || erasure.completed || erasing !== undefined) continue;
    const { commandId, since, files } = erasure;
    const { classes = [], ...known } = open.get(commandId) ?? { since, files };
    open.set(commandId, {
      commandId,
      since: Math.max(known.since, since),
      files: known.files === files ? files : 'due',
      classes: [...classes, name],
    });
  }
  return [...open.values()];
}

function completed({ commandId, classes }: Open, places: Place[], { version }: RegistrySnapshot): LetheEvent {
  return { kind: 'erasure-completed', commandId, classes: [...classes], places, registryVersion: version };
}
