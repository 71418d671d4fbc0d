import { defer, finalize, Observable, retry, takeUntil, tap, throwError, timer } from 'rxjs';
import { delegating } from '../adapters/delegating.js';
import { LetheError, toLetheError } from '../domain/errors.js';
import { type Pauses, pauseAfter } from '../domain/pauses.js';
import type { Context } from './context.js';
import type { Signal } from './signal.js';
import { Suspects } from './suspects.js';

/** Before a topology starts again. */
const PAUSES: Pauses = { first: 500, longest: 30_000 };
/** A topology that ran for so long is said to run again, also where it has had nothing to do. */
const RUNS_AFTER_MS = 5000;
/** One that ran for so long is well: what failed before counts no more. */
const WELL_AFTER_MS = 60_000;

/** Builds a topology for one run. `again`: the run before failed, and may have left something half done. */
export type Topology<T> = (context: Context, again: boolean) => Observable<T>;

/** Runs a topology under supervision. `name` is how metrics, logs and /readyz call it. */
export type Supervise = <T>(name: string, topology: Topology<T>) => Observable<T>;

/**
 * Runs topologies, and starts each again where it fails: soon at first, then ever later, for as long as it takes. So a
 * failure does not end the process, and no record fails for ever (see {@link Suspects}).
 *
 * ```
 * topology:  -a-#     -b---|
 * result:    -a--------b---|
 * ```
 * What no new start of a topology mends comes through: `learner-replaced`; `config-invalid` of a topology that never
 * ran; and what fails while it is being stopped.
 * @param tell of restarts, and of records that were set aside
 */
export function supervisor(context: Context, tell: (signal: Signal) => void): Supervise {
  /** Errors that an inner topology let through: they end the outer ones, too. */
  const fatal = new WeakSet<object>();
  return (name, topology) =>
    new Observable((subscriber) => {
      const suspects = new Suspects(context.log, context.topics['dead-letters'], tell);
      const state = { stopped: false, everRan: false, restarting: false, failures: 0 };
      tell({ kind: 'topology', name, is: 'running' });
      subscriber.add(
        context.stop.subscribe(() => {
          state.stopped = true;
        }),
      );

      const runs = (): void => {
        if (state.restarting) tell({ kind: 'topology', name, is: 'running' });
        state.restarting = false;
      };
      /** It got something done. */
      const worked = (): void => {
        state.everRan = true;
        state.failures = 0;
        runs();
      };
      const log = delegating(suspects.log, {
        settle: async (group, settled) => {
          const lost = await suspects.log.settle(group, settled);
          worked();
          return lost;
        },
      });
      const isFatal = (error: unknown): error is LetheError => {
        if (!(error instanceof LetheError)) return false;
        if (fatal.has(error) || error.code === 'learner-replaced') return true;
        return error.code === 'config-invalid' && !state.everRan && !suspects.any;
      };
      const pause = (error: unknown): Observable<unknown> => {
        const ends = isFatal(error);
        if (ends) fatal.add(error);
        if (state.stopped || ends) return throwError(() => error);
        suspects.failed(error);
        const ms = pauseAfter(++state.failures, PAUSES);
        state.restarting = true;
        tell({ kind: 'topology', name, is: 'restarting', error: toLetheError(error), ms });
        return timer(ms).pipe(takeUntil(context.stop));
      };
      const run = defer(() => {
        const timers = [
          timer(RUNS_AFTER_MS).subscribe(runs),
          timer(WELL_AFTER_MS).subscribe(() => {
            suspects.acquit();
            worked();
          }),
        ];
        return topology({ ...context, log }, state.failures > 0).pipe(
          tap(worked),
          finalize(() => {
            for (const each of timers) each.unsubscribe();
          }),
        );
      });
      return run.pipe(retry({ delay: pause })).subscribe(subscriber);
    });
}
