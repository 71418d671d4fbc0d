import { from, map, merge, Observable, Subject, switchMap, takeUntil } from 'rxjs';
import type { Common } from './context.js';
import type { Signal } from './signal.js';

/**
 * Runs what a learner does as soon as this worker is the learner, and fails when another worker took its place. While
 * another one is the learner it stands by, and says so.
 * @throws LetheError `learner-replaced`
 */
export function asLearner(
  { store: { lease }, stop }: Pick<Common, 'store' | 'stop'>,
  topologies: () => Observable<Signal>,
): Observable<Signal> {
  return new Observable<Signal>((subscriber) => {
    const waiting = new Subject<Signal>();
    const givenUp = new AbortController();
    const acquired = from(
      lease.acquire(() => waiting.next({ kind: 'learner', is: 'another' }), givenUp.signal),
    );
    const replaced = from(lease.lost).pipe(
      map((error) => {
        throw error;
      }),
    );
    const learner = acquired.pipe(
      takeUntil(stop),
      switchMap(() => merge([{ kind: 'learner', is: 'this' } as const], topologies())),
      takeUntil(replaced),
    );
    subscriber.add(() => givenUp.abort());
    subscriber.add(waiting.pipe(takeUntil(stop)).subscribe((signal) => subscriber.next(signal)));
    subscriber.add(learner.subscribe(subscriber));
  });
}
