import {
  concat,
  defer,
  finalize,
  from,
  merge,
  mergeMap,
  type Observable,
  of,
  Subject,
  startWith,
  switchMap,
  takeUntil,
  tap,
} from 'rxjs';
import { createTurns, type InTurn } from '../domain/inTurn.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { relearnTaskName } from '../forgetting/migrateClasses.js';
import { announcedEvent } from '../learning/announceTask.js';
import type { Announcement } from '../learning/task.js';
import { asLearner } from './asLearner.js';
import { auditing } from './auditing.js';
import { caches, registered } from './caches.js';
import { calibration } from './calibration.js';
import { clearing } from './clearing.js';
import { commands } from './commands.js';
import type { Context } from './context.js';
import { erasing } from './erasing.js';
import { callingFor } from './followUps.js';
import { following, onceForward, onceKnown } from './history/history.js';
import { inference } from './inference.js';
import { learning } from './learning.js';
import { models } from './models.js';
import type { Role } from './roles.js';
import type { Signal } from './signal.js';
import { type Supervise, supervisor } from './supervise.js';

/**
 * The processor: commands, learning and the calibration of the filter (role `learn`, by one worker at a time), inference and the models that
 * it answers with (role `infer`), side by side. They meet in the stores and in the events; none waits for another.
 * Runs while it is subscribed; completes when `context.stop` has emitted and everything under way is finished.
 */
export function processor(context: Context, role: Role = 'all'): Observable<Signal> {
  const events = new Subject<LetheEvent>();
  const notices = new Subject<Signal>();
  const supervise = supervisor(context, (signal) => notices.next(signal));
  const asked = new Subject<void>();
  const answered = new Subject<void>();
  const answerer = [
    ...(context.store.history ? [supervise('history', following)] : []),
    supervise('models', (of) => models(of, { asked, over: answered })),
    supervise('inference', (of) => onceKnown(of, () => inference(of, () => asked.next()))).pipe(
      finalize(() => answered.next()),
    ),
  ];
  // A copy that nobody knows of would be missed by an erasure.
  const work = concat(registered(context), of(null)).pipe(
    takeUntil(context.stop),
    switchMap(() =>
      merge(
        supervise('caches', caches),
        ...(role === 'infer' ? [] : [learner(context, events, supervise)]),
        ...(role === 'learn' ? [] : answerer),
      ),
    ),
    finalize(() => notices.complete()),
  );
  return merge(notices, work).pipe(
    tap((signal) => {
      if (signal.kind === 'event') events.next(signal.event);
    }),
  );
}

/** What one worker at a time does. */
function learner(context: Context, events: Observable<LetheEvent>, supervise: Supervise): Observable<Signal> {
  return supervise('learner', (inLearner) =>
    asLearner(inLearner, () =>
      onceForward(inLearner, supervise, {
        topologies: () => working(context, events, supervise),
        auditing: () => supervise('auditing', (of) => auditing(of)),
      }),
    ),
  );
}

/** The learner's topologies, once the store is at what was told. */
function working(context: Context, events: Observable<LetheEvent>, supervise: Supervise): Observable<Signal> {
  const inTurn = createTurns();
  const announced = tasksToCollect(context, events);
  return merge(
    supervise('learning', (of, again) =>
      when(again, inTurn, () => learning(of, announced, { inTurn, supervise })),
    ),
    supervise('commands', commands),
    supervise('erasing', (of, again) =>
      when(again, inTurn, () => erasing(of, callingFor('model', events), inTurn)),
    ),
    supervise('clearing', clearing),
    supervise('calibration', (of, again) => {
      const changes = callingFor('filter', events);
      return calibration(of, again ? changes.pipe(startWith(null)) : changes);
    }),
  );
}

/** A topology that starts again waits for the model that its last run was making: the registry then tells what came of it. */
function when(again: boolean, inTurn: InTurn, topology: () => Observable<Signal>): Observable<Signal> {
  return again ? from(inTurn(async () => undefined)).pipe(switchMap(topology)) : defer(topology);
}

/** Tasks whose samples are to be collected: announced by a command, or opened by a relearning for classes that no model knows any more. */
function tasksToCollect({ store }: Context, events: Observable<LetheEvent>): Observable<Announcement> {
  return callingFor('samples', events).pipe(
    mergeMap((event) => {
      if (event.kind === 'task-announced') return [event];
      if (event.kind !== 'relearned') return [];
      const task = store.registry.snapshot().tasks.get(relearnTaskName(event.commandId));
      return task ? [announcedEvent({ ...task, task: task.name })] : [];
    }),
  );
}
