import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, map, take, toArray, filter as where } from 'rxjs';
import { type RunningLethe, startLethe } from '../../src/app/compose.js';
import { type ConfigOverrides, loadConfig } from '../../src/app/config/loadConfig.js';
import { encodeCommand, encodeSample } from '../../src/domain/cloudEvents.js';
import type { Command } from '../../src/domain/messages/command.js';
import type { EventKind, LetheEvent } from '../../src/domain/messages/event.js';
import type { Payload } from '../../src/domain/messages/payload.js';
import type { Prediction } from '../../src/domain/messages/prediction.js';
import type { OutgoingRecord } from '../../src/domain/record.js';
import { createLogger } from '../../src/telemetry/logger.js';
import type { Metrics } from '../../src/telemetry/metrics.js';

/** An embedded Lethe for a benchmark: the default config but for `overrides`, checkpoints in a temporary folder. */
export function startForBench(
  overrides: ConfigOverrides = {},
  { metrics }: { readonly metrics?: Metrics } = {},
): Promise<RunningLethe> {
  const checkpoints = mkdtempSync(join(tmpdir(), 'lethe-bench-'));
  process.once('exit', () => rmSync(checkpoints, { recursive: true, force: true }));
  const { config } = loadConfig({
    variables: {},
    overrides: {
      stores: { kind: 'memory' },
      transport: { kind: 'memory' },
      ...overrides,
      model: { checkpoints, ...overrides.model },
    },
  });
  const logger = createLogger({ level: 'warn', format: 'text' });
  return startLethe(config, { logger, ...(metrics && { metrics }) });
}

/** The next event of this kind. */
export function nextEvent<K extends EventKind>(
  { signals }: RunningLethe,
  kind: K,
): Promise<Extract<LetheEvent, { kind: K }>> {
  return firstValueFrom(
    signals.pipe(
      map((signal) => (signal.kind === 'event' ? signal.event : null)),
      where((event): event is Extract<LetheEvent, { kind: K }> => event?.kind === kind),
    ),
  );
}

/** Sends a command and waits for the event that ends it. */
export async function carryOut<K extends EventKind>(
  lethe: RunningLethe,
  command: Command,
  kind: K,
): Promise<Extract<LetheEvent, { kind: K }>> {
  const ended = nextEvent(lethe, kind);
  await lethe.log.publish([encodeCommand(command, lethe.config.model.name, lethe.topics)]);
  return ended;
}

/** One labelled input. */
export interface Labelled {
  readonly label: string;
  readonly payload: Payload;
}

/** Learns a task from the given inputs and waits until its model answers. */
export async function learnTask(
  lethe: RunningLethe,
  task: string,
  inputs: readonly Labelled[],
): Promise<void> {
  const classes = [...new Set(inputs.map(({ label }) => label))];
  const command: Command = { id: `learn-${task}`, kind: 'learn', task, classes, samples: inputs.length };
  const finished = carryOut(lethe, command, 'task-finished');
  for (const [index, { label, payload }] of inputs.entries()) {
    await lethe.log.publish([encodeSample({ id: `${task}-${index}`, label, task, payload }, lethe.topics)]);
  }
  await finished;
}

/** Publishes the queries as fast as the log takes them, so many `atOnce`, and waits for all answers. */
export async function answersTo(
  lethe: RunningLethe,
  queries: readonly OutgoingRecord[],
  atOnce = 1,
): Promise<readonly Prediction[]> {
  const answered = firstValueFrom(
    lethe.signals.pipe(
      map((signal) => (signal.kind === 'prediction' ? signal.prediction : null)),
      where((prediction) => prediction !== null),
      take(queries.length),
      toArray(),
    ),
  );
  for (let next = 0; next < queries.length; next += atOnce)
    await lethe.log.publish(queries.slice(next, next + atOnce));
  return answered;
}
