import { firstValueFrom, of, Subject, Subscription, timeout } from 'rxjs';
import type { GatewayClient } from '../adapters/http/client.js';
import { taskOf } from '../domain/cloudEvents.js';
import { reasonOf } from '../domain/reasonOf.js';
import type { Problem } from './sampleSurvey.js';

/** The last dead letters of a task may come a little after the event that tells its end. */
const LAST_MS = 5000;

/** Samples of a task that were refused, as they become known. */
export interface RefusedSamples {
  /** By id. */
  readonly problems: ReadonlyMap<string, Problem>;
  add(id: string, problem: Problem): void;
  /** Resolves when so many are known, or no more become known. */
  settled(count: number): Promise<void>;
  stop(): void;
}

/**
 * Follows the dead letters of the samples of a task from now on.
 * @param places the place of each sample, by its id
 */
export async function followRefusals(
  client: GatewayClient,
  task: string,
  places: ReadonlyMap<string, string>,
): Promise<RefusedSamples> {
  const problems = new Map<string, Problem>();
  const known = new Subject<void>();
  const letters = await client.tail('dead-letters');
  const following = new Subscription();
  const add = (id: string, problem: Problem): void => {
    // What the sender itself knows says more than the refusal of what it sent instead.
    if (!problems.has(id)) problems.set(id, problem);
    known.next();
  };
  following.add(
    letters.subscribe({
      next(record) {
        const id = record.headers.ce_id ?? '';
        const place = places.get(id);
        const error = reasonOf(record);
        if (place !== undefined && error && taskOf(record) === task) add(id, { place, error });
      },
      // What is not known then is told of as such.
      error: () => known.complete(),
    }),
  );
  return {
    problems,
    add,
    async settled(count) {
      while (problems.size < count) {
        const more = known.pipe(timeout({ first: LAST_MS, with: () => of(null) }));
        if ((await firstValueFrom(more, { defaultValue: null })) === null) return;
      }
    },
    stop: () => following.unsubscribe(),
  };
}
