import type { LetheEvent } from 'lethe/internal/domain/messages/event.js';
import type { Span, TimelineData } from '../plots/timelinePlot.js';
import { describeStep } from '../protocol.js';
import { commandId, type PlayedStep } from './livePlay.js';
import type { Recorded } from './recording.js';

/** A stretch of time in milliseconds since the epoch. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** When a learning step did what. */
export interface LearningTimes {
  readonly embedding: Stretch;
  readonly training: Stretch;
}

/**
 * The times of a task, from its events: embedding from the announcement on for as long as `task-embedded` says (that
 * event itself comes after the training of the task before), training from `task-started` to `task-finished`.
 * @throws RangeError where the task did not finish
 */
export function learningTimes(events: readonly Recorded<LetheEvent>[], task: string): LearningTimes {
  let announced: number | undefined;
  let embedded: number | undefined;
  let started: number | undefined;
  let finished: number | undefined;
  for (const { message, writtenAt } of events) {
    if (!('task' in message) || message.task !== task) continue;
    if (message.kind === 'task-announced') announced = writtenAt;
    if (message.kind === 'task-embedded') embedded = message.ms;
    if (message.kind === 'task-started') started = writtenAt;
    if (message.kind === 'task-finished') finished = writtenAt;
  }
  if (announced === undefined || embedded === undefined || started === undefined || finished === undefined)
    throw new RangeError(`task ${task} did not finish`);
  return {
    embedding: { from: announced, to: Math.min(announced + embedded, started) },
    training: { from: started, to: finished },
  };
}

/**
 * The event that tells of an unlearning step.
 * @throws RangeError where no such event came
 */
export function unlearnedBy(
  events: readonly Recorded<LetheEvent>[],
  step: string,
): Recorded<Extract<LetheEvent, { kind: 'unlearned' }>> {
  for (const event of events) {
    const { message } = event;
    if (message.kind === 'unlearned' && message.commandId === commandId(step)) return { ...event, message };
  }
  throw new RangeError(`no event tells of ${step}`);
}

/**
 * The time from the writing of an unlearn command to the reading of its event, as its sender sees it, in milliseconds.
 * @throws RangeError where no such event came
 */
export function unlearningMs(events: readonly Recorded<LetheEvent>[], { step, sentAt }: PlayedStep): number {
  return unlearnedBy(events, step.name).readAt - sentAt;
}

/** The steps of a play as spans in seconds since `origin` (milliseconds since the epoch). */
export function timelineOf(
  steps: readonly PlayedStep[],
  events: readonly Recorded<LetheEvent>[],
  origin: number,
): TimelineData {
  const seconds = (at: number): number => (at - origin) / 1000;
  const spans = steps.flatMap((played): Span[] => {
    const lane = describeStep(played.step);
    const span = (phase: Span['phase'], { from, to }: Stretch): Span => ({
      lane,
      phase,
      from: seconds(from),
      to: seconds(to),
    });
    if (played.step.kind === 'unlearn') {
      const ms = unlearningMs(events, played);
      return [span('unlearning', { from: played.writtenAt, to: played.writtenAt + ms })];
    }
    const { embedding, training } = learningTimes(events, played.step.name);
    return [
      span('embedding', embedding),
      span('waiting', { from: embedding.to, to: training.from }),
      span('training', training),
    ];
  });
  return { lanes: steps.map(({ step }) => describeStep(step)), spans };
}
