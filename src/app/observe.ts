import type { SpanContext } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { Observable } from 'rxjs';
import type { Loss } from '../adapters/eventLog.js';
import {
  CLASS_STATES,
  type ClassRecord,
  type ClassState,
  classesIn,
  type RegistrySnapshot,
} from '../domain/classes.js';
import type { Prediction } from '../domain/messages/prediction.js';
import type { LogRecord } from '../domain/record.js';
import { writtenAt } from '../domain/recordTime.js';
import { countUnannounced } from '../knowledge/unannounced.js';
import type { Context } from '../streams/context.js';
import type { Signal } from '../streams/signal.js';
import type { Health } from '../telemetry/health.js';
import type { Metrics } from '../telemetry/metrics.js';
import { type TraceIds, traceIds } from '../telemetry/traces/traceIds.js';
import { LatestWaits } from './latestWaits.js';
import { logEvent } from './logEvent.js';
import { lagOf } from './status.js';

/** What is looked at, and where it is told. */
interface Observation {
  readonly context: Context;
  readonly signals: Observable<Signal>;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly logger: Logger;
  readonly embedder: string;
  /** The trace that a record is in. */
  readonly traceOf: (record: LogRecord) => SpanContext | undefined;
}

/**
 * Turns what the processor does into metrics and log lines. Log lines carry ids and counts, never payloads, and the trace
 * of the record that they are about.
 */
export function observe(observation: Observation): void {
  const { context, signals, metrics, health, logger, embedder, traceOf } = observation;
  const lineOf = (record: LogRecord): Partial<TraceIds> => {
    const trace = traceOf(record);
    return trace ? traceIds(trace) : {};
  };
  const { store, current, trainer } = context;
  const snapshot = () => store.registry.snapshot();

  metrics.setBackend('embedding', embedder);
  metrics.setBackend('training', trainer.backend);
  current.subscribe((classifier) => {
    if (!classifier) return;
    metrics.setBackend('inference', classifier.backend);
    metrics.setModel(classifier.version);
  });
  metrics.watch({
    registry: () => store.registry.refresh(),
    vectors: async () => ({
      cil: await store.vectors.count({ database: 'cil' }),
      mu: await store.vectors.count({ database: 'mu' }),
    }),
    unannounced: () => countUnannounced(store),
    classes: () => {
      const states = CLASS_STATES.map((state) => [state, classesIn(snapshot(), state).length]);
      return Object.fromEntries(states) as Record<ClassState, number>;
    },
    registryVersion: () => snapshot().version,
    openTasks: () => [...snapshot().tasks.values()].filter(({ state }) => state === 'open').length,
    incompleteErasures: () =>
      classesIn(snapshot(), 'erased').filter(({ erasure }) => erasure?.completed === false).length,
    health: () => health.report(),
    lag: () => lagOf(context),
    queues: () => {
      const { urgent, background } = context.embedders.waiting();
      return { 'embed-urgent': urgent, 'embed-background': background };
    },
  });

  const waits = new LatestWaits();
  signals.subscribe((signal) => {
    switch (signal.kind) {
      case 'prediction': {
        metrics.observePrediction(signal.prediction, truthOf(signal.prediction, snapshot()));
        return;
      }
      case 'event':
        metrics.observeEvent(signal.event, signal.source && writtenAt(signal.source));
        logEvent(signal.event, signal.source ? lineOf(signal.source) : {}, logger);
        return;
      case 'learner':
        metrics.setLearner(signal.is === 'this');
        logger.info(
          signal.is === 'this'
            ? 'this worker is the learner'
            : 'another worker is the learner; this one stands by for it',
        );
        return;
      case 'topology':
        metrics.observeTopology(signal.name, signal.is);
        if (signal.is === 'running') {
          waits.replace(`topology ${signal.name}`, null);
          logger.debug({ topology: signal.name }, 'runs');
        } else {
          const { name, error, ms } = signal;
          const why = `${error.code}: ${error.message}`;
          waits.replace(`topology ${name}`, health.waitFor(`${name} to run again`, why));
          logger.error({ topology: name, err: error, ms }, 'a topology failed and will restart');
        }
        return;
      case 'model-waits': {
        const { what, error } = signal;
        waits.replace(`model ${what}`, error && health.note(what, `${error.code}: ${error.message}`));
        if (error) {
          logger.warn(
            { what, err: error, remedy: error.remedy },
            'training is not possible now; Lethe will try again',
          );
        } else logger.info({ what }, 'training or rebuild continues');
        return;
      }
      case 'residue':
        logger.warn(
          { folder: context.copies.folder, holds: signal.holds },
          'copies of models that knew an erased class remain; Lethe tries again to remove them',
        );
        return;
      case 'lost':
        // What the audit chain misses of the commands is counted where they are carried out.
        if (signal.loss.topic !== context.topics.commands) tellLoss(signal.loss, observation);
        return;
      case 'unconfirmed': {
        const { event, position, why } = signal;
        metrics.observeUnconfirmed(event);
        logger.warn({ event, position, why }, 'the registry does not confirm an event');
        return;
      }
      case 'commands-lost':
        for (const loss of signal.losses) tellLoss(loss, observation);
        waits.replace(
          'commands',
          signal.losses.length > 0
            ? health.waitFor('accept-loss', signal.losses.map(lossWords).join('; '))
            : null,
        );
        return;
      case 'dead-letter':
        metrics.observeDeadLetter(signal.code);
        logger.warn(
          {
            reason: signal.code,
            topic: signal.source.topic,
            key: signal.source.key,
            ...lineOf(signal.source),
          },
          signal.message,
        );
    }
  });
}

/** How many, and which, in the metric and in the log. */
function tellLoss(loss: Loss, { metrics, logger }: Pick<Observation, 'metrics' | 'logger'>): void {
  const { group, topic, partition, from, to } = loss;
  metrics.observeLoss(topic, Number(to - from));
  logger.error({ group, topic, partition, from: String(from), to: String(to) }, lossWords(loss));
}

function lossWords({ topic, partition, from, to }: Loss): string {
  return `offsets ${from} to ${to - 1n} of ${topic}/${partition} were deleted before they were read`;
}

/**
 * The class that the query truly was of. Undefined also where the registry has changed since the answer was made: one that
 * was right then would be held to what was unlearned a moment later.
 */
function truthOf({ truth, registryVersion }: Prediction, now: RegistrySnapshot): ClassRecord | undefined {
  return truth === undefined || registryVersion !== now.version ? undefined : now.classes.get(truth);
}
