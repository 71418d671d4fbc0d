import type { KnowledgeStore } from 'lethe/internal/adapters/knowledgeStore.js';
import { exhaustMap, interval, takeUntil, takeWhile } from 'rxjs';
import { describeStep, type ProtocolStep } from '../protocol.js';
import type { LabelledImage } from './labelledImage.js';
import { commandId } from './livePlay.js';
import type { Recording } from './recording.js';

const EVERY_MS = 250;

/** Tells what goes on: `done` of `total` of something, the last time with `done` = `total`. */
export type ShowProgress = (what: string, done: number, total: number) => void;

/** Shows a step of the live play as it goes on: images embedded, epochs trained, classes forgotten. */
export function showStep(
  step: ProtocolStep,
  {
    recording,
    store,
    train,
    show,
  }: {
    readonly recording: Recording;
    readonly store: KnowledgeStore;
    readonly train: readonly LabelledImage[];
    readonly show: ShowProgress;
  },
): void {
  const { kind, name, classes } = step;
  const what = describeStep(step);
  recording.events$.pipe(takeUntil(recording.ended$)).subscribe({
    next: ({ message }) => {
      if (message.kind === 'task-epoch' && message.task === name)
        show(`${what}: train`, message.epoch, message.epochs);
      if (message.kind === 'unlearned' && message.commandId === commandId(name)) show(what, 1, 1);
    },
    // Whoever waits for the step sees the failure; here only the showing ends.
    error: () => undefined,
  });
  if (kind === 'unlearn') return;
  const total = train.filter(({ label }) => classes.includes(label)).length;
  interval(EVERY_MS)
    .pipe(
      takeUntil(recording.ended$),
      exhaustMap(() => store.vectors.count({ classes })),
      takeWhile((done) => done < total, true),
    )
    .subscribe((done) => show(`${what}: embed`, done, total));
}
