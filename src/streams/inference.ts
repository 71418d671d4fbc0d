import { filter, type Observable, takeUntil } from 'rxjs';
import { decodeQuery } from '../domain/cloudEvents.js';
import { groupsOf } from '../domain/groups.js';
import { answer } from '../operators/answer.js';
import { decode } from '../operators/decode.js';
import { embed } from '../operators/embed.js';
import { filterUnlearned } from '../operators/filterUnlearned.js';
import { openPayload } from '../operators/openPayload.js';
import { predict } from '../operators/predict.js';
import { publish } from '../operators/publish.js';
import { type Answering, type Common, type Detecting, type Embedding, inFlight } from './context.js';
import { modelNow } from './models.js';
import { predictionRecord } from './predictionRecord.js';
import { type Signal, toSignals } from './signal.js';

type Inferring = Common & Embedding & Detecting & Answering;

/**
 * Queries in, predictions out. Where it is stopped before the first model is loaded, the queries that wait for it stay
 * unsettled: another worker answers them.
 * @param ask has the model that the registry names be loaded at once
 */
export function inference(context: Inferring, ask: () => void): Observable<Signal> {
  const { stop, current } = context;
  return answers(context, ask).pipe(takeUntil(stop.pipe(filter(() => current.value === null))));
}

function answers({ log, topics, stop, ...context }: Inferring, ask: () => void): Observable<Signal> {
  const current = () => modelNow(context, ask);
  const { embedders, probe, settings } = context;
  const inBatches = { batchSize: settings.answerBatch, probe };
  return log
    .read({ topics: [topics.queries], group: groupsOf(topics).inference, ...inFlight(settings) })
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
      predict(current, inBatches),
      answer({ registry: context.store.registry, current, ...settings, ...inBatches }),
      publish({
        log,
        group: groupsOf(topics).inference,
        deadLetters: topics['dead-letters'],
        toRecords: (prediction, source) => [
          predictionRecord(prediction, source, { topics, form: settings.predictions }),
        ],
        ...inBatches,
      }),
      toSignals((prediction, source) => ({ kind: 'prediction', prediction, source })),
    );
}
