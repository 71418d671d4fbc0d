import { filter, firstValueFrom, type Observable, takeUntil } from 'rxjs';
import { decodeQuery, encodePrediction } from '../domain/cloudEvents.js';
import type { Classifier } from '../model/classifier.js';
import { answer } from '../operators/answer.js';
import { decode } from '../operators/decode.js';
import { embed } from '../operators/embed.js';
import { filterUnlearned } from '../operators/filterUnlearned.js';
import { openPayload } from '../operators/openPayload.js';
import { predict } from '../operators/predict.js';
import { publish } from '../operators/publish.js';
import { type Context, inFlight } from './context.js';
import { groupsOf } from './groups.js';
import { type Signal, toSignals } from './signal.js';

/**
 * Queries in, predictions out. Where it is stopped before the first model is loaded, the queries that wait for it stay
 * unsettled: another worker answers them.
 */
export function inference(context: Context): Observable<Signal> {
  const { stop, current } = context;
  return answers(context).pipe(takeUntil(stop.pipe(filter(() => current.value === null))));
}

function answers({ log, topics, stop, ...context }: Context): Observable<Signal> {
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
      predict(() => loadedModel(context), inBatches),
      answer({ registry: context.store.registry, ...settings, ...inBatches }),
      publish({
        log,
        group: groupsOf(topics).inference,
        deadLetters: topics['dead-letters'],
        toRecords: (prediction) => [encodePrediction(prediction, topics)],
        ...inBatches,
      }),
      toSignals((prediction, source) => ({ kind: 'prediction', prediction, source })),
    );
}

/**
 * The model that answers; null where none was ever trained. A worker that has just begun waits until the model that the
 * registry names is loaded: queries must not be refused for that.
 */
async function loadedModel({
  current,
  store,
}: Pick<Context, 'current' | 'store'>): Promise<Classifier | null> {
  if (current.value) return current.value;
  const { model } = await store.registry.refresh();
  return model ? firstValueFrom(current.pipe(filter((loaded) => loaded !== null))) : null;
}
