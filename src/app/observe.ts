import type { Logger } from 'pino';
import type { Observable } from 'rxjs';
import { CLASS_STATES, type ClassState, classesIn } from '../domain/classes.js';
import type { EventKind, LetheEvent } from '../domain/messages/event.js';
import type { Context } from '../streams/context.js';
import type { Signal } from '../streams/signal.js';
import type { Metrics } from '../telemetry/metrics.js';
import { lagOf } from './status.js';

/** What is looked at, and where it is told. */
interface Observation {
  readonly context: Context;
  readonly signals: Observable<Signal>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly embedder: string;
}

/** Turns what the processor does into metrics and log lines. Log lines carry ids and counts, never payloads. */
export function observe({ context, signals, metrics, logger, embedder }: Observation): void {
  const { store, current, trainer } = context;
  const snapshot = () => store.registry.snapshot();

  metrics.setBackend('embedding', embedder);
  metrics.setBackend('training', trainer.backend);
  current.subscribe((classifier) => {
    if (classifier) metrics.setBackend('inference', classifier.backend);
  });
  metrics.watch({
    vectors: async () => ({
      cil: await store.vectors.count({ database: 'cil' }),
      mu: await store.vectors.count({ database: 'mu' }),
    }),
    classes: () => {
      const states = CLASS_STATES.map((state) => [state, classesIn(snapshot(), state).length]);
      return Object.fromEntries(states) as Record<ClassState, number>;
    },
    registryVersion: () => snapshot().version,
    lag: () => lagOf(context),
    queues: () => {
      const { urgent, background } = context.embedders.waiting();
      return { 'embed-urgent': urgent, 'embed-background': background };
    },
  });

  signals.subscribe((signal) => {
    switch (signal.kind) {
      case 'prediction': {
        const { truth } = signal.prediction;
        metrics.observePrediction(
          signal.prediction,
          truth === undefined ? undefined : snapshot().classes.get(truth),
        );
        return;
      }
      case 'event':
        metrics.observeEvent(signal.event);
        logEvent(signal.event, logger);
        return;
      case 'learner':
        logger.info(
          signal.is === 'this'
            ? 'this worker is the learner'
            : 'another worker is the learner; this one stands by for it',
        );
        return;
      case 'dead-letter':
        metrics.observeDeadLetter(signal.code);
        logger.warn(
          { reason: signal.code, topic: signal.source.topic, key: signal.source.key },
          signal.message,
        );
    }
  });
}

const FAILURES: readonly EventKind[] = ['task-failed', 'command-rejected', 'erase-failed', 'rebuild-failed'];

function logEvent(event: LetheEvent, logger: Logger): void {
  const { kind, ...details } = event;
  if (kind === 'task-epoch') logger.debug(details, kind);
  else if (FAILURES.includes(kind)) logger.warn(details, kind);
  else logger.info(details, kind);
}
