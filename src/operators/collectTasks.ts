import { asyncScheduler, Observable, type OperatorFunction, type SchedulerLike, Subscription } from 'rxjs';
import type { LetheEvent } from '../domain/messages/event.js';

/** A learn command was accepted: which task, of which classes, and how many samples it has. */
export type Announcement = Extract<LetheEvent, { kind: 'task-announced' }>;

/** An announcement, with what of its task was dealt with before this process began. */
export type Announced = Announcement & {
  readonly already?: { readonly stored: number; readonly refused: number };
};

/** A sample of a task was dealt with: stored in DB-CIL, or refused for good. */
export interface Arrival {
  readonly task: string;
  readonly stored: boolean;
}

/** A task whose samples are all there, or whose samples stopped coming. */
export interface CollectedTask {
  readonly outcome: 'complete' | 'timeout';
  readonly announcement: Announcement;
  readonly stored: number;
  /** Samples that ended as dead letters: they arrived, so the task does not wait for them. */
  readonly refused: number;
  /** From the announcement (or the first sample, if that was earlier) to now, in milliseconds. */
  readonly ms: number;
}

interface Collecting {
  announcement: Announcement | undefined;
  stored: number;
  refused: number;
  readonly since: number;
  timer: Subscription | undefined;
}

/**
 * Counts the samples of each task against its announcement; samples may come before, with and after it, and
 * tasks may interleave. A task for which no sample arrives for `timeoutMs` is given up; what was counted stays,
 * so that a corrected announcement of the same task goes on from there.
 *
 * ```
 * announcements: -A(t, 2)------
 * source:        --s--s--------
 *                -----T--------   complete
 * ```
 */
export function collectTasks(
  announcements: Observable<Announced>,
  { timeoutMs, scheduler = asyncScheduler }: { timeoutMs: number; scheduler?: SchedulerLike },
): OperatorFunction<Arrival, CollectedTask> {
  return (source) =>
    new Observable<CollectedTask>((subscriber) => {
      const tasks = new Map<string, Collecting>();
      const subscriptions = new Subscription();

      const stateOf = (task: string): Collecting => {
        const known = tasks.get(task);
        if (known) return known;
        const fresh = {
          announcement: undefined,
          stored: 0,
          refused: 0,
          since: scheduler.now(),
          timer: undefined,
        };
        tasks.set(task, fresh);
        return fresh;
      };
      const finish = (
        outcome: CollectedTask['outcome'],
        announcement: Announcement,
        state: Collecting,
      ): void => {
        const { stored, refused, since } = state;
        subscriber.next({ outcome, announcement, stored, refused, ms: scheduler.now() - since });
      };
      const check = (task: string, state: Collecting): void => {
        if (state.timer) subscriptions.remove(state.timer);
        state.timer?.unsubscribe();
        const { announcement } = state;
        if (!announcement) return;
        if (state.stored + state.refused >= announcement.samples) {
          tasks.delete(task);
          finish('complete', announcement, state);
          return;
        }
        state.timer = scheduler.schedule(() => {
          state.announcement = undefined;
          finish('timeout', announcement, state);
        }, timeoutMs);
        subscriptions.add(state.timer);
      };

      subscriptions.add(
        announcements.subscribe(({ already, ...announcement }) => {
          const state = stateOf(announcement.task);
          state.stored += already?.stored ?? 0;
          state.refused += already?.refused ?? 0;
          state.announcement = announcement;
          check(announcement.task, state);
        }),
      );
      subscriptions.add(
        source.subscribe({
          next: ({ task, stored }) => {
            const state = stateOf(task);
            if (stored) state.stored++;
            else state.refused++;
            check(task, state);
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
      return subscriptions;
    });
}
