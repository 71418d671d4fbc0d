import {
  asyncScheduler,
  endWith,
  filter,
  from,
  ignoreElements,
  mergeMap,
  Observable,
  type ObservableInput,
  type OperatorFunction,
  type SchedulerLike,
  Subscription,
  share,
  takeUntil,
} from 'rxjs';
import type { Announcement, CollectedTask, SampleCounts } from '../learning/task.js';

/** A sample of a task was dealt with: stored in DB-CIL, or refused for good. */
export interface Arrival {
  readonly task: string;
  /**
   * Its class, if known. A sample of a class of the task counts for it, whichever task it names: a relearned class is in a
   * task of its own while the one that first announced it is still open.
   */
  readonly className?: string | undefined;
}

export interface Collecting {
  /**
   * Asks the store. Each arrival is told after it can be counted here; what is counted stays, so that a corrected
   * announcement of a task goes on from there.
   */
  readonly countOf: (announcement: Announcement) => ObservableInput<SampleCounts>;
  /** A task for which no sample arrives for so long is given up. */
  readonly timeoutMs: number;
  readonly scheduler?: SchedulerLike;
}

/**
 * Waits for the samples of each announced task. What is there is asked of the store, since samples may come before the
 * announcement, even to a process that has died since; arrivals only tell when to ask. Tasks may interleave.
 *
 * ```
 * announcements: -A(t, 2)------
 * source:        --s--s--------
 *                -----T--------   complete
 * ```
 */
export function collectTasks(
  announcements: Observable<Announcement>,
  options: Collecting,
): OperatorFunction<Arrival, CollectedTask> {
  return (source) => {
    const arrivals = source.pipe(share());
    const over = arrivals.pipe(ignoreElements(), endWith(null));
    return announcements.pipe(
      mergeMap((announcement) =>
        collected(
          announcement,
          arrivals.pipe(filter((arrival) => countsFor(announcement, arrival))),
          options,
        ),
      ),
      takeUntil(over),
    );
  };
}

function countsFor({ task, classes }: Announcement, arrival: Arrival): boolean {
  return arrival.task === task || (arrival.className !== undefined && classes.includes(arrival.className));
}

/** Emits once: when all samples of the task were dealt with, or when they were not although none came for the timeout. */
function collected(
  announcement: Announcement,
  arrivals: Observable<Arrival>,
  { countOf, timeoutMs, scheduler = asyncScheduler }: Collecting,
): Observable<CollectedTask> {
  return new Observable((subscriber) => {
    const since = scheduler.now();
    let waiting = Subscription.EMPTY;
    let asking = false;
    let missing = 0;
    let arrived = 0;

    const ask = (otherwise: 'wait' | 'timeout'): void => {
      asking = true;
      arrived = 0;
      const counting = from(countOf(announcement)).subscribe({
        next: (counts) => {
          asking = false;
          missing = announcement.samples - counts.stored - counts.refused;
          if (missing <= 0) finish('complete', counts);
          else if (arrived >= missing) ask(otherwise);
          else if (otherwise === 'timeout' && arrived === 0)
            finish(missing <= counts.nameless ? 'complete' : 'timeout', counts);
          else waitOn();
        },
        error: (error) => subscriber.error(error),
      });
      subscriber.add(counting);
    };
    const waitOn = (): void => {
      waiting.unsubscribe();
      waiting = scheduler.schedule(() => {
        if (!asking) ask('timeout');
      }, timeoutMs);
      subscriber.add(waiting);
    };
    const finish = (outcome: CollectedTask['outcome'], counts: SampleCounts): void => {
      waiting.unsubscribe();
      subscriber.next({ outcome, announcement, ...counts, ms: scheduler.now() - since });
      subscriber.complete();
    };

    subscriber.add(
      arrivals.subscribe({
        next: () => {
          arrived++;
          waitOn();
          if (!asking && arrived >= missing) ask('wait');
        },
        error: (error) => subscriber.error(error),
      }),
    );
    ask('wait');
  });
}
