import { type Observable, takeUntil } from 'rxjs';
import { decodeCommand, encodeEvent } from '../domain/cloudEvents.js';
import { groupsOf } from '../domain/groups.js';
import { declareGone } from '../forgetting/declareGone.js';
import { eraseClasses } from '../forgetting/eraseClasses.js';
import { relearnClasses, unlearnClasses } from '../forgetting/migrateClasses.js';
import { unlearnByExamples } from '../forgetting/unlearnByExamples.js';
import { unlearnSamples } from '../forgetting/unlearnSamples.js';
import { announceTask } from '../learning/announceTask.js';
import { decode } from '../operators/decode.js';
import { publish } from '../operators/publish.js';
import { route } from '../operators/route.js';
import { type Common, type Embedding, inFlight } from './context.js';
import { type Signal, toSignals } from './signal.js';
import { onceWhole } from './wholeCommands.js';

/** Commands in, events out, in their order. Unlearning is done here and now; learning is only announced. */
export function commands(context: Common & Embedding): Observable<Signal> {
  return onceWhole(context, () => carryingOut(context));
}

function carryingOut({ log, topics, stop, store, ...context }: Common & Embedding): Observable<Signal> {
  const { embedders, probe, settings } = context;
  const opening = { embedder: embedders.urgent, limits: settings.limits };
  return log
    .read({
      topics: [topics.commands],
      group: groupsOf(topics).commands,
      whole: true,
      ...inFlight(settings),
    })
    .pipe(
      takeUntil(stop),
      decode(decodeCommand, probe),
      route({
        registry: store.registry,
        probe,
        routes: {
          learn: (command, { position }) => announceTask(command, position, store),
          unlearn: ({ id, classes, examples, samples, subject }, { position, startedAt }) => {
            if (classes) return unlearnClasses({ id, classes, position }, store, startedAt);
            if (samples) return unlearnSamples({ id, position, samples: { ids: samples } }, store, startedAt);
            if (subject !== undefined)
              return unlearnSamples({ id, position, samples: { subject } }, store, startedAt);
            return unlearnByExamples(
              { id, examples: examples ?? [], position },
              { store, opening, embedder: embedders.urgent, vote: settings.vote },
              startedAt,
            );
          },
          relearn: (command, { position, startedAt }) =>
            relearnClasses({ ...command, position }, store, startedAt),
          erase: (command, { position, startedAt }) => eraseClasses(command, position, store, startedAt),
          'declare-gone': (command, { position, startedAt }) =>
            declareGone(command, position, store, startedAt),
        },
      }),
      publish({
        log,
        group: groupsOf(topics).commands,
        deadLetters: topics['dead-letters'],
        batchSize: 1,
        probe,
        toRecords: (event) => [encodeEvent(event, settings.modelName, topics)],
      }),
      toSignals((event, source) => ({ kind: 'event', event, source })),
    );
}
