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

/** A sample of a task was settled: stored in DB-CIL, or refused for good. */
export interface Arrival {
  readonly task: string;
  /**
   * Its class, if known. A sample counts for its class whichever task it names: a relearned class has its own task
   * while the task that first announced it is still open.
   */
  readonly className?: string | undefined;
}

export interface Collecting {
  /**
   * Reads the store. Each arrival is emitted after it can be counted here. Counts stay, so a corrected announcement
   * of a task continues from them.
   */
  readonly countOf: (announcement: Announcement) => ObservableInput<SampleCounts>;
  /** A task fails if no sample arrives for this long. */
  readonly timeoutMs: number;
  readonly scheduler?: SchedulerLike;
}

/**
 * Waits for the samples of each announced task. The store decides what has arrived, because samples may arrive before
 * the announcement, even at a process that has died since; arrivals only trigger the check. Tasks may interleave.
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

/** Emits once: when all samples of the task are settled, or when none arrived for the timeout. */
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
