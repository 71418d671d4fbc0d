import { merge, type Observable, Subject, tap } from 'rxjs';
import type { LetheEvent } from '../domain/messages/event.js';
import { calibration } from './calibration.js';
import { commands } from './commands.js';
import type { Context } from './context.js';
import { inference } from './inference.js';
import { learning } from './learning.js';
import { eventsOf, type Signal } from './signal.js';

/**
 * The whole processor: commands, learning, inference and the calibration of the filter, side by side. They meet in
 * the stores and in the events; none waits for another. Runs while it is subscribed; completes when `context.stop`
 * has emitted and everything under way is finished.
 */
export function processor(context: Context): Observable<Signal> {
  const events = new Subject<LetheEvent>();
  return merge(
    commands(context),
    learning(context, eventsOf(events, 'task-announced')),
    calibration(context, eventsOf(events, 'unlearned', 'relearned', 'task-finished')),
    inference(context),
  ).pipe(
    tap((signal) => {
      if (signal.kind === 'event') events.next(signal.event);
    }),
  );
}
