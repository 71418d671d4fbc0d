import { type Observable, takeUntil } from 'rxjs';
import { decodeQuery, encodePrediction } from '../domain/cloudEvents.js';
import { answer } from '../operators/answer.js';
import { decode } from '../operators/decode.js';
import { embed } from '../operators/embed.js';
import { filterUnlearned } from '../operators/filterUnlearned.js';
import { openPayload } from '../operators/openPayload.js';
import { predict } from '../operators/predict.js';
import { publish } from '../operators/publish.js';
import type { Context } from './context.js';
import { GROUPS } from './groups.js';
import { type Signal, toSignals } from './signal.js';

/** Queries in, predictions out. */
export function inference({ log, topics, stop, ...context }: Context): Observable<Signal> {
  const { embedders, probe, settings } = context;
  const inBatches = { batchSize: settings.vectorBatch, probe };
  return log
    .read({ topics: [topics.queries], group: GROUPS.inference, maxInFlight: settings.maxInFlight })
    .pipe(
      takeUntil(stop),
      decode(decodeQuery, probe),
      openPayload({
        embedder: embedders.urgent,
        limits: settings.limits,
        concurrency: settings.decodeConcurrency,
        probe,
      }),
      embed(embedders.urgent, { batchSize: settings.embedBatch.queries, probe }),
      filterUnlearned(context.screen, inBatches),
      predict(() => context.current.value, inBatches),
      answer({ registry: context.store.registry, ...settings, ...inBatches }),
      publish({
        log,
        group: GROUPS.inference,
        deadLetters: topics['dead-letters'],
        toRecords: (prediction) => [encodePrediction(prediction, topics)],
        ...inBatches,
      }),
      toSignals((prediction) => ({ kind: 'prediction', prediction })),
    );
}
