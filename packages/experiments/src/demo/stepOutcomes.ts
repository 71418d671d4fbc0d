import type { LetheEvent } from 'lethe/internal/domain/messages/event.js';
import type { BaselineModels } from '../evaluation/baselines.js';
import type { StepOutcome, UnlearningOutcome } from '../results.js';
import type { PlayedStep } from './livePlay.js';
import type { Recorded } from './recording.js';
import { learningTimes, type Stretch, unlearnedBy, unlearningMs } from './timeline.js';

/** How long each step took in the live stream. */
export function stepOutcomes(
  steps: readonly PlayedStep[],
  events: readonly Recorded<LetheEvent>[],
): StepOutcome[] {
  return steps.map((played) => {
    const { kind, name, classes } = played.step;
    if (kind === 'unlearn') {
      const seconds = unlearningMs(events, played) / 1000;
      return { name, kind, classes, seconds, embeddingSeconds: null, trainingSeconds: null };
    }
    const { embedding, training } = learningTimes(events, name);
    return {
      name,
      kind,
      classes,
      seconds: (training.to - played.writtenAt) / 1000,
      embeddingSeconds: secondsOf(embedding),
      trainingSeconds: secondsOf(training),
    };
  });
}

/** Each unlearning beside the training that Retrain needs for the same request. */
export function unlearningOutcomes(
  steps: readonly PlayedStep[],
  events: readonly Recorded<LetheEvent>[],
  retrain: BaselineModels,
): UnlearningOutcome[] {
  return steps.flatMap((played) => {
    const model = retrain.get(played.step.name);
    if (played.step.kind !== 'unlearn' || !model) return [];
    const { message } = unlearnedBy(events, played.step.name);
    return [
      {
        step: played.step.name,
        vectors: message.classes.reduce((sum, { moved }) => sum + moved, 0),
        seconds: unlearningMs(events, played) / 1000,
        retrainSeconds: model.seconds,
      },
    ];
  });
}

function secondsOf({ from, to }: Stretch): number {
  return (to - from) / 1000;
}
