import {
  concatMap,
  connect,
  filter,
  from,
  map,
  merge,
  mergeMap,
  type Observable,
  type OperatorFunction,
  ReplaySubject,
  takeUntil,
  tap,
} from 'rxjs';
import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { decodeSample, labelOf, taskOf } from '../domain/cloudEvents.js';
import { groupsOf } from '../domain/groups.js';
import type { InTurn } from '../domain/inTurn.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { Perseverance } from '../learning/persevere.js';
import type { StoredSample } from '../learning/storeSamples.js';
import type { Announcement, CollectedTask } from '../learning/task.js';
import { type Arrival, collectTasks } from '../operators/collectTasks.js';
import { decode } from '../operators/decode.js';
import { embed } from '../operators/embed.js';
import type { Flow } from '../operators/flow.js';
import { noteRefusals } from '../operators/noteRefusals.js';
import { openPayload } from '../operators/openPayload.js';
import { publish } from '../operators/publish.js';
import { storeVectors } from '../operators/storeVectors.js';
import { trainTasks } from '../operators/trainTasks.js';
import { announce } from './announce.js';
import { type Answering, type Common, type Embedding, inFlight, type Making } from './context.js';
import { modelMaking } from './modelMaking.js';
import { samplesOf, unfinished } from './openTasks.js';
import { persevering } from './persevering.js';
import { type Signal, toSignals } from './signal.js';
import type { Supervise } from './supervise.js';
import { untoldModel } from './untoldModel.js';

type Training = Common & Embedding & Making & Answering;

/** How learning runs beside the other topologies. */
export interface Learning {
  /** Lets nothing else that makes a model run meanwhile. */
  readonly inTurn: InTurn;
  /** Samples are read under a supervision of their own: what they break off is no training. */
  readonly supervise: Supervise;
}

/**
 * Samples in, vectors into DB-CIL, and a model out of every task that is complete. Begins with what the worker before
 * left unfinished: open tasks go on where they were, finished ones and the current model are told of.
 */
export function learning(
  context: Training,
  announced: Observable<Announcement>,
  { inTurn, supervise }: Learning,
): Observable<Signal> {
  const tasks = onceRead(unfinished(context.store), announced, ({ open, untold }, heard) => {
    const underWay = new Set<string>();
    const announcements = merge(from(open), heard).pipe(
      // The command of a task may be delivered again, even when the task is over.
      filter(({ task }) => !underWay.has(task) && isOpen(task, context.store)),
      tap(({ task }) => underWay.add(task)),
    );
    return merge(
      from(untold).pipe(concatMap(announce(context))),
      persevering(context, 'training', (perseverance) =>
        learningFrom(context, announcements, { inTurn, supervise, perseverance }),
      ).pipe(
        tap((signal) => {
          if (signal.kind === 'event' && signal.event.kind === 'task-failed')
            underWay.delete(signal.event.task);
        }),
      ),
    );
  });
  return merge(untoldModel(context, inTurn), tasks);
}

/**
 * Goes on with what was read, and with everything that is announced from now on: also with what was announced while it was
 * being read, which it may not hold.
 */
export function onceRead<R, A, T>(
  reading: Promise<R>,
  announced: Observable<A>,
  goOn: (read: R, heard: Observable<A>) => Observable<T>,
): Observable<T> {
  return announced.pipe(
    connect((heard) => from(reading).pipe(mergeMap((read) => goOn(read, heard))), {
      connector: () => new ReplaySubject<A>(),
    }),
  );
}

function isOpen(task: string, { registry }: KnowledgeStore): boolean {
  return registry.snapshot().tasks.get(task)?.state === 'open';
}

function learningFrom(
  context: Training,
  announcements: Observable<Announcement>,
  { inTurn, supervise, perseverance }: Learning & { readonly perseverance: Perseverance },
): Observable<Signal> {
  const { trainer, store, settings } = context;
  return supervise('storing', storing).pipe(
    connect((samples) =>
      merge(
        samples.pipe(toSignals(({ fresh }) => ({ kind: 'stored', fresh }))),
        samples.pipe(
          map(arrivalOf),
          filter((arrival) => arrival !== null),
          collectTasks(announcements, {
            countOf: (announcement) => samplesOf(announcement, store),
            timeoutMs: settings.taskTimeoutMs,
          }),
          connect((tasks) =>
            merge(
              tasks.pipe(embedded()),
              tasks.pipe(trainTasks({ ...modelMaking(context, inTurn), trainer, perseverance })),
            ),
          ),
          concatMap(announce(context)),
        ),
      ),
    ),
  );
}

function storing({
  log,
  topics,
  embedders,
  store,
  probe,
  settings,
  stop,
}: Common & Embedding): Observable<Flow<StoredSample>> {
  const inBatches = { batchSize: settings.storeBatch, probe };
  return log.read({ topics: [topics.samples], group: groupsOf(topics).learning, ...inFlight(settings) }).pipe(
    takeUntil(stop),
    decode(decodeSample, probe),
    openPayload({
      embedder: embedders.background,
      limits: settings.limits,
      concurrency: settings.decodeConcurrency,
      probe,
    }),
    embed(embedders.background, { batchSize: settings.embedBatch.samples, probe }),
    storeVectors(store, inBatches),
    noteRefusals(store.registry, inBatches),
    publish({
      log,
      group: groupsOf(topics).learning,
      deadLetters: topics['dead-letters'],
      toRecords: () => [],
      ...inBatches,
    }),
  );
}

/**
 * What a sample means for its task: a redelivered one is an arrival too, since the run that stored it may have failed before
 * it could tell; a refused one is, so that its task does not wait for it.
 */
function arrivalOf(item: Flow<StoredSample>): Arrival | null {
  if (item.ok) return { task: item.value.task, className: item.value.className };
  const task = taskOf(item.source);
  return task === undefined ? null : { task, className: labelOf(item.source) };
}

/** Tells at once that a task's samples are all stored, also while the task before it still trains. */
function embedded(): OperatorFunction<CollectedTask, LetheEvent> {
  return (tasks) =>
    tasks.pipe(
      filter(({ outcome }) => outcome === 'complete'),
      map(({ announcement: { task }, stored, ms }) => ({ kind: 'task-embedded', task, samples: stored, ms })),
    );
}
