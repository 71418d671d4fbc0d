import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { pathToFileURL } from 'node:url';
import type { Logger } from 'pino';
import { BehaviorSubject, type Observable, Subject, timer } from 'rxjs';
import { type Topics, topicsUnder } from '../domain/topics.js';
import type { Classifier } from '../model/classifier.js';
import { withLanes } from '../model/embedder/lanes.js';
import { relativeFilter } from '../model/filter/relative.js';
import { thresholdFilter } from '../model/filter/threshold.js';
import { loadClassifier } from '../model/loadClassifier.js';
import { prepareNativeTensorflow } from '../model/tensorflow/threads.js';
import { calibrateKnown } from '../operators/calibrateKnown.js';
import type { Probe } from '../operators/probe.js';
import { createScreen } from '../operators/screen.js';
import type { KnowledgeStore } from '../stores/knowledgeStore.js';
import type { Context, Settings } from '../streams/context.js';
import { processor } from '../streams/processor.js';
import type { Signal } from '../streams/signal.js';
import type { EventLog } from '../streams/transports/eventLog.js';
import { tracedLog } from '../streams/transports/tracedLog.js';
import { createHealth, type Health } from '../telemetry/health.js';
import { createMetrics, type Metrics } from '../telemetry/metrics.js';
import { startTracing, type TracingOptions } from '../telemetry/traces/startTracing.js';
import { traceOfHeaders } from '../telemetry/traces/traceIds.js';
import { type OnConnection, openAdapters } from './adapters/openAdapters.js';
import type { LetheConfig } from './config/schema.js';
import { observe } from './observe.js';
import { type Status, statusOf } from './status.js';

/** A processor at work, and the doors to it. */
export interface RunningLethe {
  readonly config: LetheConfig;
  readonly log: EventLog;
  readonly topics: Topics;
  readonly store: KnowledgeStore;
  readonly metrics: Metrics;
  readonly health: Health;
  /** What it does, as it does it. */
  readonly signals: Observable<Signal>;
  /** The classifier that answers now; null before the first task. */
  classifier(): Classifier | null;
  status(): Promise<Status>;
  /** Rejects if the processor fails; resolves when it is drained. */
  readonly finished: Promise<void>;
  /**
   * Stops reading and finishes what is under way. A training that takes longer than the grace is given up.
   * @param graceMs milliseconds that a training may still take
   */
  drain(graceMs?: number): Promise<void>;
  /** Drains without grace, and frees everything. */
  close(): Promise<void>;
}

/** The composition root: chooses the adapters that the config names, and starts the processor. */
export async function startLethe(
  config: LetheConfig,
  {
    logger,
    metrics = createMetrics({
      model: config.model.name,
      worker: workerName(config),
      role: config.worker.role,
    }),
  }: { readonly logger: Logger; readonly metrics?: Metrics },
): Promise<RunningLethe> {
  const topics = topicsUnder(config.transport.topicPrefix);
  const tracing = config.traces.enabled ? await startTracing(tracingOptions(config), logger) : null;
  const health = createHealth();
  const starting = health.waitFor('start');
  await mkdir(config.model.checkpoints, { recursive: true });

  prepareNativeTensorflow();
  const adapters = await openAdapters(config, topics, logger, connectionWatch(health, logger));
  const { embedder, trainer, log, store, checkpoints } = adapters;
  const current = new BehaviorSubject<Classifier | null>(null);
  const signals = new Subject<Signal>();
  const stop = new Subject<void>();
  const context: Context = {
    log: tracing ? tracedLog(log, [topics.samples, topics.queries, topics.commands], tracing.spans) : log,
    topics,
    store,
    embedders: withLanes(embedder),
    trainer,
    checkpoints,
    load: async (model) => {
      const folder = await checkpoints.fetch(model.checkpoint, model.sha256);
      const local = { ...model, checkpoint: pathToFileURL(folder).href };
      return loadClassifier(local, { backend: config.model.backend });
    },
    current,
    screen: createScreen(store, screenOptions(config)),
    known: knownCalibration(config, store),
    probe: tracing ? bothProbes(metrics.probe, tracing.spans) : metrics.probe,
    settings: settingsOf(config),
    stop,
  };
  observe({
    context,
    signals,
    metrics,
    health,
    logger,
    embedder: embedder.name,
    traceOf: (record) => (tracing ? tracing.spans.contextOf(record) : traceOfHeaders(record)),
  });

  signals.subscribe((signal) => {
    if (signal.kind === 'learner') health.standBy(signal.is === 'another');
  });

  const finished = new Promise<void>((resolve, reject) => {
    processor(context, config.worker.role).subscribe({
      next: (signal) => signals.next(signal),
      error: (error: unknown) => {
        health.fail(error instanceof Error ? error.message : String(error));
        reject(error);
      },
      complete: resolve,
    });
  });
  // Whoever awaits `finished` sees the failure; until then it must not end the process as unhandled.
  finished.catch((error: unknown) => logger.fatal({ err: error }, 'the processor failed'));

  const drain = async (graceMs = 25_000): Promise<void> => {
    health.waitFor('drain');
    stop.next();
    const grace = timer(graceMs).subscribe(() => void trainer.close());
    await finished.finally(() => grace.unsubscribe());
  };
  const close = async (): Promise<void> => {
    await drain(0).catch(() => undefined);
    await adapters.close();
    current.value?.dispose();
    metrics.close();
    await tracing?.close();
  };
  starting();
  return {
    config,
    log,
    topics,
    store,
    metrics,
    health,
    signals,
    classifier: () => current.value,
    status: () => statusOf({ config, context, embedder: embedder.name }),
    finished,
    drain,
    close,
  };
}

/** Not ready while a service is away, with its name as what is waited for. */
function connectionWatch(health: Health, logger: Logger): OnConnection {
  const away = new Map<string, () => void>();
  return (service, connected, why) => {
    const back = away.get(service);
    if (connected && back) {
      logger.info({ service }, 'reachable again');
      away.delete(service);
      back();
    } else if (!connected && !back) {
      away.set(service, health.waitFor(service));
      logger.warn({ service, why }, 'out of reach; waiting for it');
    }
  };
}

function knownCalibration(config: LetheConfig, store: KnowledgeStore): Context['known'] {
  const { enabled, share } = config.inference.unknown;
  const { filter, heldOut, seed } = screenOptions(config);
  return enabled ? () => calibrateKnown(store, filter, { share, heldOut, seed }) : null;
}

function workerName({ worker }: LetheConfig): string {
  return worker.name ?? hostname();
}

/** Names of OpenTelemetry's conventions for resources. */
function tracingOptions(config: LetheConfig): TracingOptions {
  const { traces, transport, model } = config;
  const resource = {
    'service.name': 'lethe',
    'service.instance.id': workerName(config),
    'lethe.model': model.name,
  };
  return { ...traces, system: transport.kind === 'kafka' ? 'kafka' : 'lethe', resource };
}

/** Tells both. */
function bothProbes(one: Probe, other: Probe): Probe {
  return {
    stage: (stage, seconds, sources) => {
      one.stage(stage, seconds, sources);
      other.stage(stage, seconds, sources);
    },
  };
}

function screenOptions({ filter, inference, model }: LetheConfig): Parameters<typeof createScreen>[1] {
  return {
    filter: filter.kind === 'relative' ? relativeFilter(filter.k) : thresholdFilter(filter.threshold),
    specificity: filter.calibrate ? filter.specificity : null,
    heldOut: filter.calibrationSamples,
    familiarity: inference.unknown.enabled,
    seed: model.seed,
  };
}

function settingsOf({ model, limits, inference, learning, unlearning }: LetheConfig): Settings {
  return {
    modelName: model.name,
    seed: model.seed,
    limits: { maxBytes: limits.imageBytes, maxPixels: limits.imagePixels },
    maxInFlight: limits.inFlight,
    maxInFlightBytes: limits.inFlightBytes,
    embedBatch: { queries: inference.embedBatchSize, samples: learning.embedBatchSize },
    storeBatch: limits.vectorBatchSize,
    answerBatch: inference.batchSize,
    decodeConcurrency: limits.decodeConcurrency,
    strategy: inference.strategy,
    guard: inference.guard,
    topK: inference.topK,
    unknown: inference.unknown.enabled,
    taskTimeoutMs: learning.taskTimeoutSeconds * 1000,
    vote: unlearning,
    rebuild: unlearning.rebuild,
  };
}
