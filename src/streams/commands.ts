import { type Observable, takeUntil } from 'rxjs';
import { decodeCommand, encodeEvent } from '../domain/cloudEvents.js';
import { announceTask } from '../operators/announceTask.js';
import { decode } from '../operators/decode.js';
import { relearnClasses, unlearnClasses } from '../operators/migrateClasses.js';
import { publish } from '../operators/publish.js';
import { route } from '../operators/route.js';
import { unlearnByExamples } from '../operators/unlearnByExamples.js';
import type { Context } from './context.js';
import { GROUPS } from './groups.js';
import { type Signal, toSignals } from './signal.js';

/** Commands in, events out, in their order. Unlearning is done here and now; learning is only announced. */
export function commands({ log, topics, stop, store, ...context }: Context): Observable<Signal> {
  const { embedders, probe, settings } = context;
  const opening = { embedder: embedders.urgent, limits: settings.limits };
  return log
    .read({ topics: [topics.commands], group: GROUPS.commands, maxInFlight: settings.maxInFlight })
    .pipe(
      takeUntil(stop),
      decode(decodeCommand, probe),
      route(
        {
          learn: (command) => announceTask(command, store.registry),
          unlearn: ({ id, classes, examples }, startedAt) =>
            classes
              ? unlearnClasses({ id, classes }, store, startedAt)
              : unlearnByExamples(
                  { id, examples: examples ?? [] },
                  { store, opening, embedder: embedders.urgent, vote: settings.vote },
                  startedAt,
                ),
          relearn: (command, startedAt) => relearnClasses(command, store, startedAt),
        },
        store.registry,
      ),
      publish({
        log,
        group: GROUPS.commands,
        deadLetters: topics['dead-letters'],
        batchSize: 1,
        probe,
        toRecords: (event) => [encodeEvent(event, settings.modelName, topics)],
      }),
      toSignals((event) => ({ kind: 'event', event })),
    );
}
