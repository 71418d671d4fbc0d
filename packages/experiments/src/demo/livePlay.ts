import { setTimeout as pause } from 'node:timers/promises';
import { encodeCommand, encodeSample } from 'lethe/internal/domain/cloudEvents.js';
import type { EventKind } from 'lethe/internal/domain/messages/event.js';
import type { Protocol, ProtocolStep } from '../protocol.js';
import type { LabelledImage } from './labelledImage.js';
import { type LiveQueries, sendQueries } from './liveQueries.js';
import type { LiveSystem } from './liveSystem.js';
import { type Recording, record } from './recording.js';

const SAMPLES_AT_ONCE = 50;

/** What is sent, and how fast. */
export interface LiveInput {
  readonly train: readonly LabelledImage[];
  readonly test: readonly LabelledImage[];
  readonly seed: number;
  readonly queriesPerSecond: number;
  /** Pause between steps while nothing trains, so that latency is seen idle too; milliseconds. */
  readonly restMs: number;
}

/** A step's command, as its sender saw it. Times by `performance.now()`. */
export interface PlayedStep {
  readonly step: ProtocolStep;
  /** When the command was written: milliseconds since the epoch, and by `performance.now()`. */
  readonly writtenAt: number;
  readonly sentAt: number;
}

/** A protocol played live. */
export interface LivePlay {
  readonly recording: Recording;
  readonly queries: LiveQueries;
  readonly steps: readonly PlayedStep[];
}

/**
 * Plays a protocol through a running Lethe, with queries flowing from the first model on. As in Fig. 2 the next step
 * starts as soon as a task is embedded, while it still trains; only the first model is waited for, since without one
 * there are no answers.
 * @throws LetheError what a failed task or a rejected command says
 */
export async function playLive(
  system: LiveSystem,
  protocol: Protocol,
  input: LiveInput,
  onStep: (step: ProtocolStep, recording: Recording) => void,
): Promise<LivePlay> {
  const recording = record(system);
  try {
    return await played(system, protocol, input, recording, onStep);
  } finally {
    recording.stop();
  }
}

async function played(
  system: LiveSystem,
  [initial, ...later]: Protocol,
  input: LiveInput,
  recording: Recording,
  onStep: (step: ProtocolStep, recording: Recording) => void,
): Promise<LivePlay> {
  const steps: PlayedStep[] = [];
  const rest = (): Promise<void> => pause(input.restMs);
  const play = async (step: ProtocolStep): Promise<void> => {
    onStep(step, recording);
    steps.push({ step, writtenAt: Date.now(), sentAt: performance.now() });
    await send(system, step, input.train);
    await nextMayStart(recording, step);
  };

  if (!initial) throw new RangeError('a protocol has at least one step');
  await play(initial);
  await finished(recording, [initial]);
  const queries = sendQueries(system, recording, input.test, {
    seed: input.seed,
    perSecond: input.queriesPerSecond,
  });
  await rest();
  for (const step of later) {
    await play(step);
    if (!trains(recording)) await rest();
  }
  await finished(recording, later);
  await rest();
  await queries.stop();
  return { recording, queries, steps };
}

async function send(
  { log, topics, modelName }: LiveSystem,
  { kind, name, classes }: ProtocolStep,
  train: readonly LabelledImage[],
): Promise<void> {
  if (kind === 'unlearn') {
    await log.publish([
      encodeCommand({ id: commandId(name), kind, classes: [...classes] }, modelName, topics),
    ]);
    return;
  }
  const samples = train.filter(({ label }) => classes.includes(label));
  const command = { id: commandId(name), kind, task: name, classes: [...classes], samples: samples.length };
  await log.publish([encodeCommand(command, modelName, topics)]);
  for (let from = 0; from < samples.length; from += SAMPLES_AT_ONCE) {
    const batch = samples.slice(from, from + SAMPLES_AT_ONCE);
    await log.publish(
      batch.map(({ id, label, payload }) => encodeSample({ id, label, task: name, payload }, topics)),
    );
  }
}

/** A class is forgotten, or a task is embedded: from then on the next step may start. */
async function nextMayStart(recording: Recording, { kind, name }: ProtocolStep): Promise<void> {
  if (kind === 'unlearn') await recording.first('unlearned', (event) => event.commandId === commandId(name));
  else await recording.first('task-embedded', ({ task }) => task === name);
}

async function finished(recording: Recording, steps: Protocol): Promise<void> {
  for (const { kind, name } of steps) {
    if (kind === 'learn') await recording.first('task-finished', ({ task }) => task === name);
  }
}

/** Whether a task is embedded and not yet learned. */
function trains({ events }: Recording): boolean {
  const count = (kind: EventKind): number => events.filter(({ message }) => message.kind === kind).length;
  return count('task-embedded') > count('task-finished');
}

/** The id of a step's command. */
export function commandId(step: string): string {
  return `demo-${step}`;
}
