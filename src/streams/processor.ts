import { merge, mergeMap, type Observable, Subject, tap } from 'rxjs';
import type { LetheEvent } from '../domain/messages/event.js';
import { announcedEvent } from '../operators/announceTask.js';
import type { Announcement } from '../operators/collectTasks.js';
import { createTurns } from '../operators/inTurn.js';
import { relearnTaskName } from '../operators/migrateClasses.js';
import { asLearner } from './asLearner.js';
import { auditing } from './auditing.js';
import { calibration } from './calibration.js';
import { commands } from './commands.js';
import type { Context } from './context.js';
import { erasing } from './erasing.js';
import { inference } from './inference.js';
import { learning } from './learning.js';
import { models } from './models.js';
import { eventsOf, type Signal } from './signal.js';

/** What a worker does: learn and carry out commands, answer queries, or both. */
export const ROLES = ['learn', 'infer', 'all'] as const;
export type Role = (typeof ROLES)[number];

/**
 * The processor: commands, learning and the calibration of the filter (role `learn`, by one worker at a time), inference and the models that
 * it answers with (role `infer`), side by side. They meet in the stores and in the events; none waits for another.
 * Runs while it is subscribed; completes when `context.stop` has emitted and everything under way is finished.
 */
export function processor(context: Context, role: Role = 'all'): Observable<Signal> {
  const events = new Subject<LetheEvent>();
  const inTurn = createTurns();
  const learner = (): Observable<Signal>[] => [
    asLearner(context, () =>
      merge(
        learning(context, merge(eventsOf(events, 'task-announced'), reopened(context, events)), inTurn),
        commands(context),
        auditing(context),
        erasing(
          context,
          eventsOf(
            events,
            'unlearned',
            'relearned',
            'erase-accepted',
            'samples-unlearned',
            'task-finished',
            'task-failed',
          ),
          inTurn,
        ),
        calibration(
          context,
          eventsOf(
            events,
            'unlearned',
            'relearned',
            'task-finished',
            'erase-accepted',
            'model-rebuilt',
            'model-revised',
            'erased',
            'samples-unlearned',
          ),
        ),
      ),
    ),
  ];
  const answerer = (): Observable<Signal>[] => [models(context), inference(context)];
  return merge(...(role === 'infer' ? [] : learner()), ...(role === 'learn' ? [] : answerer())).pipe(
    tap((signal) => {
      if (signal.kind === 'event') events.next(signal.event);
    }),
  );
}

/** Tasks that a relearning opened, for classes that no model knows any more. */
function reopened({ store }: Context, events: Observable<LetheEvent>): Observable<Announcement> {
  return eventsOf(events, 'relearned').pipe(
    mergeMap(({ commandId }) => {
      const task = store.registry.snapshot().tasks.get(relearnTaskName(commandId));
      return task ? [announcedEvent({ ...task, task: task.name })] : [];
    }),
  );
}
