import { finalize, merge, Observable, Subject } from 'rxjs';
import type { Perseverance } from '../learning/persevere.js';
import type { Common } from './context.js';
import type { Signal } from './signal.js';

/** Runs what makes models so that it holds on until the worker stops, and tells in signals what it waits for. */
export function persevering(
  { stop }: Pick<Common, 'stop'>,
  what: Extract<Signal, { kind: 'model-waits' }>['what'],
  topology: (perseverance: Perseverance) => Observable<Signal>,
): Observable<Signal> {
  return new Observable((subscriber) => {
    const stopping = new AbortController();
    const notices = new Subject<Signal>();
    subscriber.add(stop.subscribe(() => stopping.abort()));
    subscriber.add(() => stopping.abort());
    const perseverance: Perseverance = {
      stopping: stopping.signal,
      waits: (error) => notices.next({ kind: 'model-waits', what, error }),
    };
    const work = topology(perseverance).pipe(finalize(() => notices.complete()));
    subscriber.add(merge(notices, work).subscribe(subscriber));
  });
}
