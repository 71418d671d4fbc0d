import { filter, type Observable } from 'rxjs';
import type { EventKind, LetheEvent } from '../domain/messages/event.js';

/**
 * Work that follows from events:
 * `samples`: the samples of a task have to be collected, and the task trained.
 * `model`: the model may have to be made anew, without what was forgotten, and classes erased.
 * `filter`: the databases changed, so the filter has to be calibrated anew.
 */
export type FollowUp = 'samples' | 'model' | 'filter';

/** What follows from which event; a new kind of event has to say so here. */
const FOLLOW_UPS: Readonly<Record<EventKind, readonly FollowUp[]>> = {
  'task-announced': ['samples'],
  'task-embedded': [],
  'task-started': [],
  'task-epoch': [],
  'task-finished': ['model', 'filter'],
  'task-failed': ['model'],
  'model-published': [],
  unlearned: ['model', 'filter'],
  // Of classes that no model knows any more it opens a task.
  relearned: ['samples', 'model', 'filter'],
  'samples-unlearned': ['model', 'filter'],
  'rebuild-failed': [],
  'commands-lost': [],
  'store-brought-forward': ['model', 'filter'],
  'erase-accepted': ['model', 'filter'],
  'model-rebuilt': ['filter'],
  'model-revised': ['filter'],
  erased: ['filter'],
  'erasure-completed': [],
  'workers-gone': [],
  'erase-failed': [],
  'filter-calibrated': [],
  'known-calibrated': [],
  'command-rejected': [],
  'command-ignored': [],
};

/** The events from which this work follows. */
export function callingFor(work: FollowUp, events: Observable<LetheEvent>): Observable<LetheEvent> {
  return events.pipe(filter(({ kind }) => FOLLOW_UPS[kind].includes(work)));
}
