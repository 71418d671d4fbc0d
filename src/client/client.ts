import {
  defer,
  filter,
  firstValueFrom,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  type ObservableInput,
  timeout,
} from 'rxjs';
import {
  decodeEvent,
  decodePrediction,
  decodeQuery,
  decodeSample,
  encodeQuery,
  encodeSample,
} from '../domain/cloudEvents.js';
import { LetheError } from '../domain/errors.js';
import type { Command, EraseCommand, Example } from '../domain/messages/command.js';
import type { EventKind, LetheEvent } from '../domain/messages/event.js';
import type { Payload } from '../domain/messages/payload.js';
import type { Prediction } from '../domain/messages/prediction.js';
import { checked } from './checked.js';
import type { Door } from './door.js';
import { type Outcome, outcomeOf } from './followCommand.js';
import { Followed } from './followed.js';
import { refusalOf } from './refusalOf.js';

type EventOf<K extends EventKind> = Extract<LetheEvent, { kind: K }>;
/** The command's id was already carried out: nothing was done again. */
type Ignored = EventOf<'command-ignored'>;

/** A labelled input for training. */
export interface LabelledInput {
  readonly label: string;
  readonly payload: Payload;
  /** Unique for ever; drawn where it is left out. */
  readonly id?: string;
  /** Whom it is of or about: what it is unlearned by. */
  readonly subject?: string;
}

/** An input to be answered. */
export interface Question {
  readonly payload: Payload;
  /** Unique for ever; drawn where it is left out. */
  readonly id?: string;
  /** The true label, where it is known: it feeds the metrics of accuracy. */
  readonly truth?: string;
}

/** What is to be forgotten: one of these. */
export type Forgettable =
  | { readonly classes: readonly string[] }
  | { readonly examples: readonly Example[] }
  | { readonly samples: readonly string[] }
  | { readonly subject: string };

export interface WaitOptions {
  /** How long to wait for the outcome, in milliseconds. */
  readonly timeoutMs?: number;
}
export interface CommandOptions extends WaitOptions {
  /** A command is carried out once, however often its id is sent; drawn where it is left out. */
  readonly id?: string;
}

/**
 * Gives work to a running Lethe and waits for what comes of it. What is refused, fails or takes too long is a
 * {@link LetheError}: with the code of the dead letter or event, `timed-out`, or `unreachable`.
 */
export interface LetheClient {
  /** Learns a task: announces it, sends its samples, and resolves when the model that knows its classes is trained. */
  learn(
    task: string,
    samples: readonly LabelledInput[],
    options?: CommandOptions,
  ): Promise<EventOf<'task-finished'> | Ignored>;
  /** Sends samples of a task that was announced elsewhere; resolves when all are in the log. */
  send(task: string, samples: Iterable<LabelledInput> | AsyncIterable<LabelledInput>): Promise<void>;
  /** Forgets classes or samples: no query that is sent after this resolves is answered with such a class. */
  unlearn(
    what: Forgettable,
    options?: CommandOptions,
  ): Promise<EventOf<'unlearned' | 'samples-unlearned'> | Ignored>;
  /** Brings unlearned classes back. */
  relearn(classes: readonly string[], options?: CommandOptions): Promise<EventOf<'relearned'> | Ignored>;
  /** Erases classes for good; `now` unlearns those that are not unlearned yet. */
  erase(
    classes: readonly string[],
    options?: CommandOptions & { readonly now?: boolean },
  ): Promise<EventOf<'erased'> | Ignored>;
  /** Resolves with the answer to one query. */
  ask(question: Question, options?: WaitOptions): Promise<Prediction>;
  /**
   * Answers in the order in which they come, `concurrency` questions at a time; `error` says why a question got none.
   */
  askAll(
    questions: ObservableInput<Question>,
    options?: WaitOptions & { readonly concurrency?: number },
  ): Observable<Answer>;
  /** All predictions from the subscription on, whoever asked. */
  predictions(): Observable<Prediction>;
  /** All events from the subscription on. */
  events(): Observable<LetheEvent>;
  /** Whoever still waits gets an error. */
  close(): Promise<void>;
}

/** What became of a question. */
export type Answer =
  | { readonly id: string; readonly prediction: Prediction }
  | { readonly id: string; readonly error: LetheError };

const ASK_MS = 30_000;
const COMMAND_MS = 60_000;
/** Training and rebuilding. */
const TRAINING_MS = 3_600_000;
const CONCURRENCY = 64;

/** The client of a Lethe behind a door; `release` is called when it is closed. */
export function createClient(door: Door, release: () => Promise<void> = async () => undefined): LetheClient {
  const followed = new Followed(door);
  const shared: Door = {
    ...door,
    publish: (records) => door.publish(records),
    tail: (role) => followed.tail(role),
  };

  /** What comes of a message, or the reason of the dead letter that it became where it can't be read or done. */
  const orRefusal = <T>(id: string, outcome: Observable<T>): Observable<T> =>
    defer(() => followed.tail('dead-letters')).pipe(
      mergeMap((deadLetters) => {
        const refusals = deadLetters.pipe(
          filter(({ headers }) => headers.ce_id === id),
          map((record): never => {
            throw refusalOf(record) ?? new TypeError('a dead letter without a reason');
          }),
        );
        return merge(refusals, outcome);
      }),
    );
  const follow = <K extends EventKind>(
    command: Command,
    outcome: Outcome<K>,
    timeoutMs: number,
    onAnnounced?: () => Promise<void>,
  ): Promise<EventOf<K>> =>
    within(timeoutMs, `the outcome of the command ${command.id}`, () =>
      orRefusal(command.id, outcomeOf(shared, command, outcome, onAnnounced)),
    );
  const send: LetheClient['send'] = (task, samples) =>
    door.publish(
      mapped(samples, ({ id, ...sample }) =>
        checked(encodeSample({ id: idOf(id), task, ...sample }, door.topics), decodeSample),
      ),
    );
  const ask = (id: string, { payload, truth }: Question, timeoutMs = ASK_MS): Promise<Prediction> => {
    const query = { id, payload, ...(truth !== undefined && { truth }) };
    const answer = defer(() => followed.tail('predictions')).pipe(
      mergeMap((predictions) => {
        const answers = predictions.pipe(
          filter(({ key }) => key === id),
          map((record) => decodePrediction(record)),
        );
        return merge(
          answers,
          defer(() => door.publish([checked(encodeQuery(query, door.topics), decodeQuery)])).pipe(
            ignoreElements(),
          ),
        );
      }),
    );
    return within(timeoutMs, `the answer to the query ${id}`, () => orRefusal(id, answer));
  };

  return {
    send,
    learn(task, samples, { id: given, timeoutMs = TRAINING_MS } = {}) {
      const id = idOf(given);
      const classes = [...new Set(samples.map(({ label }) => label))];
      const command: Command = { id, kind: 'learn', task, classes, samples: samples.length };
      const concerns = (event: LetheEvent): boolean =>
        ('task' in event && event.task === task) || isAbout(command)(event);
      const outcome = { ends: ['task-finished', 'command-ignored'] as const, concerns };
      return follow(command, outcome, timeoutMs, () => send(task, samples));
    },
    unlearn(what, { id: given, timeoutMs = COMMAND_MS } = {}) {
      const id = idOf(given);
      const command = { id, kind: 'unlearn', ...what } as Command;
      const ends = ['unlearned', 'samples-unlearned', 'command-ignored'] as const;
      return follow(command, { ends, concerns: isAbout(command) }, timeoutMs);
    },
    relearn(classes, { id: given, timeoutMs = COMMAND_MS } = {}) {
      const id = idOf(given);
      const command: Command = { id, kind: 'relearn', classes: [...classes] };
      return follow(
        command,
        { ends: ['relearned', 'command-ignored'], concerns: isAbout(command) },
        timeoutMs,
      );
    },
    async erase(classes, { id: given, timeoutMs = TRAINING_MS, now } = {}) {
      const id = idOf(given);
      const command: EraseCommand = { id, kind: 'erase', classes: [...classes], ...(now && { now }) };
      const ends = ['erased', 'erase-failed', 'command-ignored'] as const;
      const end = await follow(command, { ends, concerns: isAbout(command) }, timeoutMs);
      if (end.kind !== 'erase-failed') return end;
      const { code, message, remedy } = end.error;
      throw new LetheError(code, message, { remedy });
    },
    ask: (question, { timeoutMs } = {}) => ask(idOf(question.id), question, timeoutMs),
    askAll: (questions, { timeoutMs, concurrency = CONCURRENCY } = {}) =>
      from(questions).pipe(
        mergeMap(async (question): Promise<Answer> => {
          const id = idOf(question.id);
          try {
            return { id, prediction: await ask(id, question, timeoutMs) };
          } catch (error) {
            if (error instanceof LetheError) return { id, error };
            throw error;
          }
        }, concurrency),
      ),
    predictions: () => followed.from('predictions').pipe(map((record) => decodePrediction(record))),
    events: () => followed.from('events').pipe(map((record) => decodeEvent(record))),
    async close() {
      await followed.close();
      await release();
    },
  };
}

/** Drawn where none is given, or an empty one. */
function idOf(given: string | undefined): string {
  return given || crypto.randomUUID();
}

const isAbout =
  ({ id }: Command) =>
  (event: LetheEvent): boolean =>
    'commandId' in event && event.commandId === id;

async function* mapped<T, R>(items: Iterable<T> | AsyncIterable<T>, map: (item: T) => R): AsyncGenerator<R> {
  for await (const item of items) yield map(item);
}

function within<T>(timeoutMs: number, what: string, start: () => Observable<T>): Promise<T> {
  const late = (): never => {
    throw new LetheError('timed-out', `${what} did not come within ${timeoutMs} ms`, {
      field: 'timeoutMs',
      value: String(timeoutMs),
      remedy: 'Wait longer, see whether Lethe runs and is ready, and ask again with the same id.',
      retriable: true,
    });
  };
  return firstValueFrom(start().pipe(timeout({ first: timeoutMs, with: () => defer(late) })));
}
