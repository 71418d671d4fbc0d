import type { EventLog } from 'lethe/internal/adapters/eventLog.js';
import { decodeEvent, decodePrediction } from 'lethe/internal/domain/cloudEvents.js';
import { LetheError } from 'lethe/internal/domain/errors.js';
import type { EventKind, EventOf, LetheEvent } from 'lethe/internal/domain/messages/event.js';
import type { Prediction } from 'lethe/internal/domain/messages/prediction.js';
import type { LogRecord } from 'lethe/internal/domain/record.js';
import type { Topics } from 'lethe/internal/domain/topics.js';
import {
  filter,
  firstValueFrom,
  map,
  mergeMap,
  type Observable,
  of,
  ReplaySubject,
  Subject,
  type Subscription,
  takeUntil,
  throwError,
} from 'rxjs';

const GROUP = 'lethe-demo';
const MAX_IN_FLIGHT = 256;

/** A message of the log with its times. */
export interface Recorded<T> {
  readonly message: T;
  /** When it was written, in milliseconds since the epoch. */
  readonly writtenAt: number;
  /** `performance.now()` when it was read. */
  readonly readAt: number;
}

/** Everything that Lethe said since {@link record} was called. */
export interface Recording {
  readonly events: readonly Recorded<LetheEvent>[];
  readonly predictions: readonly Recorded<Prediction>[];
  /** Keys of dead letters. */
  readonly refused: readonly (string | null)[];
  /** Every event, those of the past first. */
  readonly events$: Observable<Recorded<LetheEvent>>;
  /** Emits after each prediction and each dead letter. */
  readonly answers$: Observable<void>;
  /**
   * The first event of this kind that `matches`, of the past or to come.
   * @throws LetheError the error that a `task-failed` or `command-rejected` event carries, if one comes first
   */
  first<K extends EventKind>(kind: K, matches: (event: EventOf<K>) => boolean): Promise<Recorded<EventOf<K>>>;
  /** Emits when the recording stops. */
  readonly ended$: Observable<void>;
  stop(): void;
}

/** Reads the events, the predictions and the dead letters of a log from now on. */
export function record({ log, topics }: { readonly log: EventLog; readonly topics: Topics }): Recording {
  const events: Recorded<LetheEvent>[] = [];
  const predictions: Recorded<Prediction>[] = [];
  const refused: (string | null)[] = [];
  const events$ = new ReplaySubject<Recorded<LetheEvent>>();
  const answers$ = new Subject<void>();
  const stopped = new Subject<void>();

  const follow = (topic: string, take: (entry: LogRecord) => void): Subscription =>
    log
      .read({ topics: [topic], group: GROUP, maxInFlight: MAX_IN_FLIGHT, from: 'latest' })
      .pipe(
        takeUntil(stopped),
        mergeMap((entry) => {
          take(entry);
          return log.settle(GROUP, [{ input: entry, outputs: [] }]);
        }),
      )
      .subscribe({ error: (error: unknown) => events$.error(error) });

  follow(topics.events, (entry) => {
    const event = recorded(entry, decodeEvent);
    events.push(event);
    events$.next(event);
  });
  follow(topics.predictions, (entry) => {
    predictions.push(recorded(entry, decodePrediction));
    answers$.next();
  });
  follow(topics['dead-letters'], (entry) => {
    refused.push(entry.key);
    answers$.next();
  });

  return {
    events,
    predictions,
    refused,
    events$,
    answers$,
    first: (kind, matches) =>
      firstValueFrom(
        events$.pipe(
          mergeMap((event) => failureOf(event.message) ?? of(event)),
          map((event) => ofKind(event, kind)),
          filter((event) => event !== null),
          filter((event) => matches(event.message)),
        ),
      ),
    ended$: stopped,
    stop: () => stopped.next(),
  };
}

/** Classes of finished tasks, those unlearned since among them. */
export function learnedClasses({ events }: Recording): ReadonlySet<string> {
  const messages = events.map(({ message }) => message);
  const done = messages.filter((message) => isOfKind(message, 'task-finished')).map(({ task }) => task);
  const started = messages.filter((message) => isOfKind(message, 'task-started'));
  return new Set(started.filter(({ task }) => done.includes(task)).flatMap(({ classes }) => classes));
}

/** Classes that an event has called unlearned. */
export function unlearnedClasses({ events }: Recording): ReadonlySet<string> {
  const messages = events.map(({ message }) => message);
  return new Set(
    messages
      .filter((message) => isOfKind(message, 'unlearned'))
      .flatMap(({ classes }) => classes.map(({ name }) => name)),
  );
}

function recorded<T>(entry: LogRecord, decode: (entry: LogRecord) => T): Recorded<T> {
  return { message: decode(entry), writtenAt: entry.timestamp, readAt: performance.now() };
}

function ofKind<K extends EventKind>(event: Recorded<LetheEvent>, kind: K): Recorded<EventOf<K>> | null {
  return isOfKind(event.message, kind) ? { ...event, message: event.message } : null;
}

function isOfKind<K extends EventKind>(event: LetheEvent, kind: K): event is EventOf<K> {
  return event.kind === kind;
}

function failureOf(event: LetheEvent): Observable<never> | null {
  if (event.kind !== 'task-failed' && event.kind !== 'command-rejected') return null;
  const { code, message, remedy } = event.error;
  return throwError(() => new LetheError(code, message, { remedy }));
}
