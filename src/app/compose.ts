import { mkdir, readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Logger } from 'pino';
import {
  BehaviorSubject,
  first,
  lastValueFrom,
  type Observable,
  config as rxjs,
  Subject,
  takeUntil,
  timer,
} from 'rxjs';
import type { EventLog } from '../adapters/eventLog.js';
import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { tracedLog } from '../adapters/tracedLog.js';
import { calibrateKnown } from '../answering/calibrateKnown.js';
import { sealerOf } from '../auditing/auditSeal.js';
import type { ClassEvidence } from '../domain/classEvidence.js';
import { LetheError } from '../domain/errors.js';
import { type Topics, topicsUnder } from '../domain/topics.js';
import type { Classifier } from '../model/classifier.js';
import type { Embedder } from '../model/embedder/embedder.js';
import { withLanes } from '../model/embedder/lanes.js';
import { loadClassifier } from '../model/loadClassifier.js';
import { prepareNativeTensorflow } from '../model/tensorflow/threads.js';
import type { Probe } from '../operators/probe.js';
import { left } from '../streams/caches.js';
import type { Context, Settings } from '../streams/context.js';
import { processor } from '../streams/processor.js';
import type { Signal } from '../streams/signal.js';
import { createHealth, type Health } from '../telemetry/health.js';
import { createMetrics, type Metrics } from '../telemetry/metrics.js';
import { startTracing, type TracingOptions } from '../telemetry/traces/startTracing.js';
import { traceOfHeaders } from '../telemetry/traces/traceIds.js';
import { type OnConnection, openAdapters } from './adapters/openAdapters.js';
import type { LetheConfig } from './config/schema.js';
import { classEvidence } from './evidence.js';
import { LatestWaits } from './latestWaits.js';
import { observe } from './observe.js';
import { payloadLimits } from './payloadLimits.js';
import { screenOf, screenOptions } from './screen.js';
import { type Status, statusOf } from './status.js';
import { workerName } from './workerName.js';

/** How long what is done last may take. */
const LAST_MS = 2000;

/** A processor at work, and the doors to it. */
export interface RunningLethe {
  readonly config: LetheConfig;
  readonly log: EventLog;
  readonly topics: Topics;
  readonly store: KnowledgeStore;
  readonly embedder: Pick<Embedder, 'dimension' | 'takes'>;
  readonly metrics: Metrics;
  readonly health: Health;
  /** What it does, as it does it. */
  readonly signals: Observable<Signal>;
  /** The classifier that answers now; null before the first task. */
  classifier(): Classifier | null;
  status(): Promise<Status>;
  /**
   * What is there of a class: what a certificate of its erasure states.
   * @param countRecords whether the records of topics that name it are counted, which reads all that is kept
   */
  evidence(className: string, countRecords?: boolean): Promise<ClassEvidence>;
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

  // What looks on (metrics, logs, the console) must not end the work that it looks at.
  rxjs.onUnhandledError = (error) => logger.error({ err: error }, 'an observer failed');
  prepareNativeTensorflow();
  const signals = new Subject<Signal>();
  const adapters = await openAdapters(config, topics, logger, connectionWatch(health, logger), (loss) =>
    signals.next({ kind: 'lost', loss }),
  );
  const { embedder, trainer, log, store, checkpoints, copies } = adapters;
  const current = new BehaviorSubject<Classifier | null>(null);
  const stop = new Subject<void>();
  const context: Context = {
    log: tracing ? tracedLog(log, [topics.samples, topics.queries, topics.commands], tracing.spans) : log,
    topics,
    store,
    embedders: withLanes(embedder),
    trainer,
    checkpoints,
    copies,
    worker: workerName(config),
    load: async (model) => {
      const folder = await copies.writing(model.classes, () =>
        checkpoints.fetch(model.checkpoint, model.sha256),
      );
      const local = { ...model, checkpoint: pathToFileURL(folder).href };
      return loadClassifier(local, { backend: config.model.backend });
    },
    current,
    screen: screenOf(config, store),
    known: knownCalibration(config, store),
    probe: tracing ? bothProbes(metrics.probe, tracing.spans) : metrics.probe,
    settings: settingsOf(config),
    ...(await sealerIn(config)),
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

  if (config.worker.role !== 'learn') readyWithModel(context, health);

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
    if (config.checkpoints.ephemeral) await inTime(left(context));
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
    embedder,
    metrics,
    health,
    signals,
    classifier: () => current.value,
    status: () => statusOf({ config, context, embedder }),
    evidence: (className, countRecords) => classEvidence(className, context, { countRecords }),
    finished,
    drain,
    close,
  };
}

/** A service that is away holds up no end. */
async function inTime(work: Observable<never>): Promise<void> {
  await lastValueFrom(work.pipe(takeUntil(timer(LAST_MS))), { defaultValue: undefined }).catch(
    () => undefined,
  );
}

/** Who answers is not ready until the model that the registry named at the start, if any, is loaded. */
function readyWithModel({ store, current }: Context, health: Health): void {
  if (!store.registry.snapshot().model) return;
  const loaded = health.waitFor('model');
  current.pipe(first((classifier) => classifier !== null)).subscribe(loaded);
}

/**
 * Not ready while a service is away, with its name as what is waited for. Where Redis only takes no writes, queries are answered
 * and requests to forget are taken as ever: that is named, too, and the worker stays ready.
 */
function connectionWatch(health: Health, logger: Logger): OnConnection {
  const away = new LatestWaits();
  const goesOn = (service: string): boolean => / (writes|durability)$/.test(service);
  const wait = (service: string, why: string | undefined): (() => void) =>
    goesOn(service) ? health.note(service, why ?? 'it accepts no writes') : health.waitFor(service, why);
  return (service, connected, why) => {
    const wasAway = away.replace(service, connected ? null : wait(service, why));
    if (connected && wasAway) logger.info({ service }, 'reachable again');
    if (!connected && !wasAway)
      logger.warn({ service, why }, 'unreachable or refuses requests; waiting for it');
  };
}

function knownCalibration(config: LetheConfig, store: KnowledgeStore): Context['known'] {
  const { enabled, share } = config.inference.unknown;
  const { filter, heldOut, seed } = screenOptions(config);
  return enabled ? () => calibrateKnown(store, filter, { share, heldOut, seed }) : null;
}

/** The signer of the audit chain, where this worker may be the learner and there is a key. @throws LetheError `config-invalid` */
async function sealerIn({ audit, worker }: LetheConfig): Promise<Pick<Context, 'sealer'>> {
  const { signingKey } = audit;
  if (signingKey === undefined || worker.role === 'infer') return {};
  const pem = await readFile(signingKey, 'utf8').catch((cause: unknown) => {
    throw new LetheError('config-invalid', `${signingKey} can't be read`, {
      field: 'audit.signingKey',
      value: signingKey,
      remedy: 'Give a PEM file from `openssl genpkey -algorithm ed25519` that this user can read.',
      cause,
    });
  });
  return { sealer: sealerOf(pem, signingKey) };
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

function settingsOf({ model, limits, inference, learning, unlearning }: LetheConfig): Settings {
  return {
    modelName: model.name,
    seed: model.seed,
    limits: payloadLimits(limits),
    maxInFlight: limits.inFlight,
    maxInFlightBytes: limits.inFlightBytes,
    embedBatch: { queries: inference.embedBatchSize, samples: learning.embedBatchSize },
    storeBatch: limits.vectorBatchSize,
    answerBatch: inference.batchSize,
    decodeConcurrency: limits.decodeConcurrency,
    strategy: inference.strategy,
    guard: inference.guard,
    unlearned: inference.unlearned,
    topK: inference.topK,
    predictions: inference.predictions,
    unknown: inference.unknown.enabled,
    keepModels: model.keep,
    taskTimeoutMs: learning.taskTimeoutSeconds * 1000,
    vote: unlearning,
    rebuild: unlearning.rebuild,
  };
}
