import type { EventKind, EventOf, LetheEvent } from '../domain/messages/event.js';
import { msSince } from '../domain/recordTime.js';
import type { Instruments } from './instruments.js';

/** Events that dashboards mark in time. */
const MARKED: readonly EventKind[] = [
  'task-announced',
  'task-finished',
  'unlearned',
  'samples-unlearned',
  'relearned',
  'erased',
];

/** Times of the current erase commands, by id: in milliseconds since the epoch. */
export type Erasing = Map<string, number>;

/** @param askedAt when the command that the event answers was written, in milliseconds since the epoch */
export function observeEvent(
  event: LetheEvent,
  instruments: Instruments,
  erasing: Erasing,
  askedAt?: number,
): void {
  if (MARKED.includes(event.kind)) instruments.lastEvent.set({ event: event.kind }, Date.now() / 1000);
  switch (event.kind) {
    case 'task-started':
    case 'task-epoch':
    case 'task-finished':
    case 'task-failed':
      observeTraining(event, instruments);
      return;
    case 'unlearned':
      observeUnlearning(event, instruments, askedAt);
      observeMigration('unlearn', event, instruments);
      return;
    case 'samples-unlearned':
      observeUnlearning(event, instruments, askedAt);
      return;
    case 'relearned':
      observeMigration('relearn', event, instruments);
      return;
    case 'erase-accepted':
      if (askedAt !== undefined) erasing.set(event.commandId, askedAt);
      return;
    case 'erased':
    case 'erase-failed':
      observeErasure(event, instruments, erasing);
      return;
    case 'model-rebuilt':
      instruments.trainingActive.set(0);
      instruments.rebuilds.inc({ outcome: 'rebuilt' });
      return;
    case 'model-revised':
      instruments.rebuilds.inc({ outcome: 'revised' });
      return;
    case 'rebuild-failed':
      instruments.trainingActive.set(0);
      instruments.rebuilds.inc({ outcome: 'failed' });
      return;
    case 'filter-calibrated':
      instruments.filterLevel.set(event.level);
      if (event.recall !== null) instruments.filterRecall.set({ source: 'calibration' }, event.recall);
      if (event.specificity !== null) {
        instruments.filterSpecificity.set({ source: 'calibration' }, event.specificity);
      }
      return;
    case 'store-brought-forward':
      instruments.broughtForward.inc();
      return;
    case 'command-rejected':
      instruments.commandsRejected.inc({ reason: event.error.code });
      return;
  }
}

/** Of a task; the epochs of a rebuild come alike, and end in another event. */
function observeTraining(
  event: EventOf<'task-started' | 'task-epoch' | 'task-finished' | 'task-failed'>,
  instruments: Instruments,
): void {
  const training = event.kind === 'task-started' || event.kind === 'task-epoch';
  instruments.trainingActive.set(training ? 1 : 0);
  if (training) instruments.trainingProgress.set(Date.now() / 1000);
  switch (event.kind) {
    case 'task-started':
      instruments.trainingEpoch.set(0);
      return;
    case 'task-epoch':
      instruments.trainingEpoch.set(event.epoch);
      instruments.trainingEpochsPlanned.set(event.epochs);
      instruments.trainingEpochDuration.set(event.ms / 1000);
      instruments.trainingLoss.set(event.loss);
      instruments.trainingEpochs.inc();
      return;
    case 'task-finished':
      instruments.tasks.inc({ outcome: 'finished' });
      instruments.trainingDuration.observe(event.ms / 1000);
      return;
    case 'task-failed':
      instruments.tasks.inc({ outcome: 'failed' });
      return;
  }
}

function observeErasure(
  { kind, commandId }: EventOf<'erased' | 'erase-failed'>,
  { erasures, timeToErase, trainingActive }: Instruments,
  erasing: Erasing,
): void {
  // Unknown where another worker accepted it.
  const askedAt = erasing.get(commandId);
  erasing.delete(commandId);
  erasures.inc({ outcome: kind === 'erased' ? 'erased' : 'failed' });
  if (kind === 'erase-failed') trainingActive.set(0);
  const ms = msSince(askedAt);
  if (kind === 'erased' && ms !== undefined) timeToErase.observe(ms / 1000);
}

function observeUnlearning(
  { by, ms }: EventOf<'unlearned' | 'samples-unlearned'>,
  { unlearnDuration, timeToForget }: Instruments,
  askedAt?: number,
): void {
  unlearnDuration.observe({ by }, ms / 1000);
  const sinceAsked = msSince(askedAt);
  if (sinceAsked !== undefined) timeToForget.observe({ by }, sinceAsked / 1000);
}

function observeMigration(
  direction: 'unlearn' | 'relearn',
  { classes, ms }: EventOf<'unlearned' | 'relearned'>,
  instruments: Instruments,
): void {
  instruments.migrations.inc({ direction });
  instruments.migratedVectors.inc(
    { direction },
    classes.reduce((sum, { moved }) => sum + moved, 0),
  );
  instruments.migrationDuration.observe({ direction }, ms / 1000);
}
