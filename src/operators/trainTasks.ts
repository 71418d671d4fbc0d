import { concatMap, Observable, type OperatorFunction } from 'rxjs';
import { toLetheError } from '../domain/errors.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { persevere } from '../learning/persevere.js';
import type { CollectedTask } from '../learning/task.js';
import { failTask, type TrainingCollaborators, trainTask } from '../learning/trainTask.js';

/**
 * Trains the tasks one after the other (only CIL waits for CIL) and reports it by events. A task that cannot be
 * trained ends in `task-failed`; its classes return to their former states, so that they may be announced again. A
 * task that cannot be trained now (a full disk, a killed process) stays open and is retried, also by the next worker.
 */
export function trainTasks(
  collaborators: TrainingCollaborators,
): OperatorFunction<CollectedTask, LetheEvent> {
  return concatMap(
    (collected) =>
      new Observable<LetheEvent>((subscriber) => {
        const { inTurn, perseverance } = collaborators;
        let started = false;
        const emit = (event: LetheEvent): void => {
          if (event.kind === 'task-started' && started) return;
          started ||= event.kind === 'task-started';
          subscriber.next(event);
        };
        persevere(() => inTurn(() => trainTask(collected, collaborators, emit)), perseverance)
          .catch(async (thrown: unknown) => {
            const error = toLetheError(thrown, 'training-failed');
            // What a drain breaks off is still wanted: the next start goes on with it.
            if (!perseverance.stopping.aborted || !error.retriable)
              await failTask(collected, error, collaborators, emit);
          })
          .then(
            () => subscriber.complete(),
            (error: unknown) => subscriber.error(error),
          );
      }),
  );
}
