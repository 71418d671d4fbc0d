import {
  catchError,
  concatMap,
  defer,
  distinctUntilChanged,
  EMPTY,
  filter,
  finalize,
  from,
  map,
  merge,
  type Observable,
  Subject,
  scan,
  share,
  takeUntil,
  throttleTime,
  timer,
} from 'rxjs';
import type { EventLog } from '../adapters/eventLog.js';
import type { VectorDatabase } from '../adapters/vectorDatabase.js';
import { decodeEvent } from '../domain/cloudEvents.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { Topics } from '../domain/topics.js';
import type { ImageLimits } from '../model/embedder/decodeImage.js';
import type { Signal } from '../streams/signal.js';
import { atMost } from './atMost.js';
import { concatMapLossy } from './concatMapLossy.js';
import { createFeed, type Feed } from './feed.js';
import { createProjector } from './map/projector.js';
import { VectorMapper } from './map/vectorMapper.js';
import type { Answer, Happening, Knowledge, StateMessage, Training } from './messages.js';
import { onlook } from './onlook.js';
import { rateOf } from './rate.js';
import { thumbnailOf } from './thumbnail.js';
import { toldBy } from './timeline.js';
import { trainingAfter, trainingOfOpen } from './training.js';

/** How much the console shows and keeps. */
export interface ConsoleBounds {
  /** Answers shown a second; all are counted. */
  readonly answersPerSecond: number;
  /** Answers kept with their pictures. */
  readonly answers: number;
  /** Lines of the timeline kept. */
  readonly timeline: number;
  /** Points of the map, and vectors that its plane is made from. */
  readonly mapPoints: number;
  readonly mapSample: number;
}

/** The sources of the console. */
export interface ConsoleSources {
  readonly log: EventLog;
  readonly topics: Topics;
  readonly signals: Observable<Signal>;
  readonly vectors: VectorDatabase;
  /** The current knowledge. */
  readonly knowledge: () => Promise<Knowledge>;
  readonly limits: ImageLimits;
  readonly seed: number;
}

/** The console's feed, and its end. */
export interface ConsoleFeed extends Feed {
  close(): void;
}

const POLL_MS = 2000;
/** Interval between two reads of the knowledge, and between two states of a training. */
const PACE_MS = 200;
/** Events to read back for a current training. */
const EVENTS_BACK = 300;
/** Pictures made at a time. */
const PICTURES = 2;

/** The feed of the pages: built while pages are open, from the signals of the processor and from the topics. */
export function createConsoleFeed(sources: ConsoleSources, bounds: ConsoleBounds): ConsoleFeed {
  const closed = new Subject<void>();
  const shown = defer(() => {
    const { log, topics } = sources;
    const events = onlook(log, topics.events, EVENTS_BACK).pipe(
      concatMap((record) => eventIn(() => decodeEvent(record))),
      share(),
    );
    const knowledge = knowledgeOf(sources, events).pipe(share());
    return merge(
      knowledge.pipe(map((data): StateMessage => ({ kind: 'knowledge', data }))),
      mapOf(sources, bounds, knowledge),
      trainingOf(events, knowledge),
      ...answersOf(sources, bounds),
      timelineOf(sources, bounds),
    ).pipe(takeUntil(closed));
  });
  const feed = createFeed(shown, { answer: bounds.answers, told: bounds.timeline });
  return { ...feed, close: () => closed.next() };
}

function knowledgeOf({ knowledge }: ConsoleSources, events: Observable<LetheEvent>): Observable<Knowledge> {
  const changes = events.pipe(filter(({ kind }) => kind !== 'task-epoch'));
  return merge(timer(0, POLL_MS), changes).pipe(
    throttleTime(PACE_MS, undefined, { leading: true, trailing: true }),
    // While the store is out of reach nothing is known anew.
    newestOf(() => from(knowledge()).pipe(catchError(() => EMPTY))),
    distinctUntilChanged((before, now) => JSON.stringify(before) === JSON.stringify(now)),
  );
}

function mapOf(
  { vectors, seed }: ConsoleSources,
  { mapPoints, mapSample }: ConsoleBounds,
  knowledge: Observable<Knowledge>,
): Observable<StateMessage> {
  return defer(() => {
    const projector = createProjector({ seed, dimension: vectors.dimension });
    const mapper = new VectorMapper(vectors, projector, { points: mapPoints, sample: mapSample, seed });
    return knowledge.pipe(
      // What can't be read or drawn now is tried again with the next change; the page shows the map before.
      newestOf(({ classes }) => from(mapper.update(classes)).pipe(catchError(() => EMPTY))),
      filter((data) => data !== null),
      map((data): StateMessage => ({ kind: 'map', data })),
      finalize(() => void projector.close()),
    );
  });
}

function trainingOf(
  events: Observable<LetheEvent>,
  knowledge: Observable<Knowledge>,
): Observable<StateMessage> {
  const steps = merge(
    events.pipe(map((event) => (training: Training | null) => trainingAfter(training, event))),
    knowledge.pipe(
      map(
        ({ tasks }) =>
          (training: Training | null) =>
            trainingOfOpen(training, tasks),
      ),
    ),
  );
  return steps.pipe(
    scan((training, step) => step(training), null as Training | null),
    distinctUntilChanged(),
    throttleTime(PACE_MS, undefined, { leading: true, trailing: true }),
    map((data): StateMessage => ({ kind: 'training', data })),
  );
}

function answersOf(
  { signals, limits }: ConsoleSources,
  { answersPerSecond }: ConsoleBounds,
): Observable<StateMessage | Happening>[] {
  const predictions = signals.pipe(filter((signal) => signal.kind === 'prediction'));
  const pictured = async ({
    prediction,
    source,
  }: Extract<Signal, { kind: 'prediction' }>): Promise<Happening> => {
    const { queryId, label, probabilities, route, truth, latencyMs, evidence } = prediction;
    const data: Answer = {
      id: queryId,
      at: Date.now(),
      label,
      probability: probabilities.find((each) => each.label === label)?.probability ?? null,
      route,
      truth: truth ?? null,
      latencyMs,
      evidence,
      image: await thumbnailOf(source, limits),
    };
    return { kind: 'answer', data };
  };
  const quarter = Math.max(1, Math.round(answersPerSecond / 4));
  return [
    predictions.pipe(
      atMost(quarter, (1000 * quarter) / answersPerSecond),
      concatMapLossy({ limit: PICTURES, keyOf: () => null }, pictured),
    ),
    rateOf(predictions.pipe(map(({ prediction }) => prediction))).pipe(
      map((data): StateMessage => ({ kind: 'rate', data })),
    ),
  ];
}

function timelineOf({ log, topics }: ConsoleSources, { timeline }: ConsoleBounds): Observable<Happening> {
  return onlook(log, topics.audit, timeline).pipe(
    map(toldBy),
    filter((data) => data !== null),
    map((data): Happening => ({ kind: 'told', data })),
  );
}

/** Projects one after the other; of several that wait, only the newest. */
function newestOf<T, R>(project: (value: T) => Observable<R>) {
  return concatMapLossy<T, R>({ limit: 1, keyOf: () => 'newest' }, project);
}

/** Skips an event of another version. */
function eventIn(decode: () => LetheEvent): readonly LetheEvent[] {
  try {
    return [decode()];
  } catch {
    return [];
  }
}
