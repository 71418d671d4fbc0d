import { type Observable, takeUntil } from 'rxjs';
import type { CommandReceipt } from '../adapters/knowledgeStore.js';
import { decodeCommand, encodeEvent } from '../domain/cloudEvents.js';
import { groupsOf } from '../domain/groups.js';
import type { Command } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { declareGone, goneEvent } from '../forgetting/declareGone.js';
import { acceptedEvent, eraseClasses } from '../forgetting/eraseClasses.js';
import {
  relearnClasses,
  relearnedEvent,
  unlearnClasses,
  unlearnedEvent,
} from '../forgetting/migrateClasses.js';
import { unlearnByExamples } from '../forgetting/unlearnByExamples.js';
import { isOfSamples, samplesUnlearnedEvent, unlearnSamples } from '../forgetting/unlearnSamples.js';
import { announcedEvent, announceTask } from '../learning/announceTask.js';
import { decode } from '../operators/decode.js';
import { publish } from '../operators/publish.js';
import { type Reading, route } from '../operators/route.js';
import { type Context, inFlight } from './context.js';
import { type Signal, toSignals } from './signal.js';
import { onceWhole } from './wholeCommands.js';

/** Commands in, events out, in their order. Unlearning is done here and now; learning is only announced. */
export function commands(context: Context): Observable<Signal> {
  return onceWhole(context, () => carryingOut(context));
}

function carryingOut({ log, topics, stop, store, ...context }: Context): Observable<Signal> {
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
        retell,
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

/** The event of a command that was carried out by a worker which died before it could tell. */
function retell(command: Command, receipt: CommandReceipt, { startedAt }: Reading): LetheEvent {
  switch (command.kind) {
    case 'learn':
      return announcedEvent(command, command.id);
    case 'unlearn':
      return isOfSamples(receipt)
        ? samplesUnlearnedEvent(receipt, startedAt)
        : unlearnedEvent(receipt, startedAt);
    case 'relearn':
      return relearnedEvent(receipt, startedAt);
    case 'erase':
      return acceptedEvent(receipt, startedAt);
    case 'declare-gone':
      return goneEvent(receipt, startedAt);
  }
}
