import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatMap, firstValueFrom, type Observable, filter as where } from 'rxjs';
import type { EventLog, Positions } from '../../src/adapters/eventLog.js';
import type { KnowledgeStore } from '../../src/adapters/knowledgeStore.js';
import { createLog } from '../../src/app/adapters/createLog.js';
import { createStores } from '../../src/app/adapters/createStore.js';
import { loadConfig } from '../../src/app/config/loadConfig.js';
import type { LetheConfig } from '../../src/app/config/schema.js';
import { encodeCommand, encodeSample } from '../../src/domain/cloudEvents.js';
import type { Command } from '../../src/domain/messages/command.js';
import type { EventKind } from '../../src/domain/messages/event.js';
import type { LogRecord } from '../../src/domain/record.js';
import { type Topics, topicsUnder } from '../../src/domain/topics.js';
import { createLogger } from '../../src/telemetry/logger.js';
import type { Labelled } from '../support/lethe.js';
import type { BenchServices } from './services.js';
import { startWorker, type Worker } from './worker.js';

/** Dimension of the bundled embedder. */
export const DIMENSION = 1280;

/** Variables of the environment that configure workers. */
export type Variables = Readonly<Record<string, string>>;

/** One model over the benchmark's Kafka and Redis, and the benchmark's own connections to both. */
export interface Deployment {
  readonly config: LetheConfig;
  readonly topics: Topics;
  readonly log: EventLog;
  readonly store: KnowledgeStore;
  /** @param changes over the deployment's own configuration */
  start(role: 'learn' | 'infer', changes?: Variables): Promise<Worker>;
  close(): Promise<void>;
}

/** @param changes over the defaults of the config */
export async function deploy({ kafka, redis }: BenchServices, changes: Variables = {}): Promise<Deployment> {
  const model = `bench-${randomUUID().slice(0, 8)}`;
  const variables: Variables = {
    LETHE_MODEL__NAME: model,
    LETHE_MODEL__CHECKPOINTS: mkdtempSync(join(tmpdir(), 'lethe-bench-')),
    LETHE_TRANSPORT__KIND: 'kafka',
    LETHE_TRANSPORT__TOPIC_PREFIX: `${model}.`,
    LETHE_TRANSPORT__KAFKA__BROKERS: JSON.stringify([kafka.brokers]),
    LETHE_STORES__KIND: 'redis',
    LETHE_STORES__REDIS__URL: redis.url,
    LETHE_CHECKPOINTS__KIND: 'redis',
    LETHE_LOG__LEVEL: 'warn',
    ...changes,
  };
  const { config } = loadConfig({ variables });
  const topics = topicsUnder(config.transport.topicPrefix);
  const logger = createLogger({ level: 'warn', format: 'text' });
  const log = await createLog(
    config,
    topics,
    logger,
    () => undefined,
    () => undefined,
    null,
  );
  const { store, close: closeStores } = await createStores(
    config,
    { name: 'bench', dimension: DIMENSION },
    logger,
    () => undefined,
    null,
  );
  return {
    config,
    topics,
    log,
    store,
    start: (role, more = {}) => startWorker(role, { ...variables, ...more }),
    close: async () => {
      await log.close();
      await closeStores();
    },
  };
}

/** What is committed to a topic, from these positions or from now on. */
export function follow(
  { log }: Pick<Deployment, 'log'>,
  topic: string,
  from: Positions | 'latest',
): Observable<LogRecord> {
  const group = `bench-${randomUUID()}`;
  return log.read({ topics: [topic], group, maxInFlight: 4096, from, transient: true }).pipe(
    concatMap(async (record) => {
      await log.settle(group, [{ input: record, outputs: [] }]);
      return record;
    }),
  );
}

/** The next event of a kind on the topic. */
export function nextEvent(deployment: Deployment, kind: EventKind): Promise<LogRecord> {
  return firstValueFrom(
    follow(deployment, deployment.topics.events, 'latest').pipe(
      where(({ headers }) => headers.ce_type === `lethe.event.${kind}`),
    ),
  );
}

/** Sends a command and waits for the event that ends it. The learner has to run. */
export async function carryOut(deployment: Deployment, command: Command, ends: EventKind): Promise<void> {
  const ended = nextEvent(deployment, ends);
  await sendCommand(deployment, command);
  await ended;
}

export function sendCommand({ config, log, topics }: Deployment, command: Command): Promise<void> {
  return log.publish([encodeCommand(command, config.model.name, topics)]);
}

/** Teaches a task through samples on the topic, and waits for its model. The learner has to run. */
export async function learn(
  deployment: Deployment,
  task: string,
  inputs: readonly Labelled[],
): Promise<void> {
  const classes = [...new Set(inputs.map(({ label }) => label))];
  const finished = nextEvent(deployment, 'task-finished');
  const command: Command = { id: `learn-${task}`, kind: 'learn', task, classes, samples: inputs.length };
  await sendCommand(deployment, command);
  const samples = inputs.map(({ label, payload }, index) =>
    encodeSample({ id: `${task}-${index}`, label, task, payload }, deployment.topics),
  );
  await deployment.log.publish(samples);
  await finished;
}
