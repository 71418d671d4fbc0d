import { filter, type Observable } from 'rxjs';
import type { EventKind, LetheEvent } from '../domain/messages/event.js';

/**
 * Work that follows from events. `samples`: collect the samples of a task, and train it. `model`: perhaps make a
 * model without what was forgotten, and erase classes. `filter`: calibrate the filter again, because the databases
 * changed.
 */
export type FollowUp = 'samples' | 'model' | 'filter';

/** The work that follows from each event; the compiler requires an entry for each kind. */
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
