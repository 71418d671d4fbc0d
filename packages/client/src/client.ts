import {
  decodeEvent,
  decodePrediction,
  decodeQuery,
  decodeSample,
  encodeQuery,
  encodeSample,
} from 'lethe/internal/domain/cloudEvents.js';
import { commandEnd, type DoneEvent } from 'lethe/internal/domain/commandEnd.js';
import { LetheError } from 'lethe/internal/domain/errors.js';
import type {
  Command,
  EraseCommand,
  LearnCommand,
  UnlearnCommand,
} from 'lethe/internal/domain/messages/command.js';
import type { Prediction } from 'lethe/internal/domain/messages/prediction.js';
import { normalForm } from 'lethe/internal/domain/normalForm.js';
import { reasonOf } from 'lethe/internal/domain/reasonOf.js';
import type { OutgoingRecord } from 'lethe/internal/domain/record.js';
import { checked } from 'lethe/internal/following/checked.js';
import type { Door } from 'lethe/internal/following/door.js';
import { type Following, followedTo, type Sending } from 'lethe/internal/following/followCommand.js';
import { readable } from 'lethe/internal/following/readable.js';
import {
  defer,
  filter,
  firstValueFrom,
  from,
  fromEvent,
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  timeout,
} from 'rxjs';
import type { Answer, CommandOptions, LabelledInput, LetheClient, Question, WaitOptions } from './api.js';
import { asked } from './asked.js';
import { Followed } from './followed.js';
import { valuesOf } from './valuesOf.js';

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
            throw reasonOf(record) ?? new TypeError('a dead letter without a reason');
          }),
        );
        return merge(refusals, outcome);
      }),
    );
  const follow = <K extends Command['kind']>(
    command: Command & { readonly kind: K },
    { timeoutMs, silenceMs, signal }: Waiting,
    following: Following = {},
  ): Promise<DoneEvent<K>> => {
    const patience = silenceMs === undefined ? {} : { patience: { silenceMs } };
    return within({ timeoutMs, signal }, `the outcome of the command ${command.id}`, () =>
      orRefusal(
        command.id,
        followedTo(shared, command, commandEnd<K>(command), { ...following, ...patience }),
      ),
    );
  };
  const sendSamples = (
    task: string,
    samples: Iterable<LabelledInput> | AsyncIterable<LabelledInput>,
    onStep?: () => void,
  ): Promise<void> =>
    door.publish(
      mapped(samples, ({ id, ...sample }) => {
        onStep?.();
        return checked(encodeSample({ id: idOf(id), task, ...sample }, door.topics), decodeSample);
      }),
    );
  const send: LetheClient['send'] = (task, samples) => sendSamples(task, samples);
  const ask = (
    id: string,
    { payload, truth }: Question,
    { timeoutMs = ASK_MS, signal }: WaitOptions = {},
  ): Promise<Prediction> => {
    const query = { id, payload, ...(truth !== undefined && { truth }) };
    const record = (): OutgoingRecord => checked(encodeQuery(query, door.topics), decodeQuery);
    const what = `the answer to the query ${id}`;
    const asking = door.ask;
    if (asking) {
      const answer = defer(() => asked(asking, record(), timeoutMs));
      return within({ timeoutMs, signal }, what, () => merge(followed.closed, answer));
    }
    const answer = defer(() => followed.tail('predictions')).pipe(
      mergeMap((predictions) => {
        const answers = predictions.pipe(
          filter(({ key }) => key === id),
          readable(decodePrediction),
        );
        return merge(answers, defer(() => door.publish([record()])).pipe(ignoreElements()));
      }),
    );
    return within({ timeoutMs, signal }, what, () => orRefusal(id, answer));
  };

  return {
    send,
    learn(name, samples, { id: given, timeoutMs = TRAINING_MS, ...waiting } = {}) {
      const [id, task] = [idOf(given), normalForm(name)];
      const classes = [...new Set(samples.map(({ label }) => normalForm(label)))];
      const command: LearnCommand = { id, kind: 'learn', task, classes, samples: samples.length };
      const onAnnounced: Sending = (onStep) => sendSamples(task, samples, onStep);
      return follow(command, { ...waiting, timeoutMs }, { onAnnounced });
    },
    unlearn(what, { id: given, timeoutMs = COMMAND_MS, ...waiting } = {}) {
      const id = idOf(given);
      const command = { id, kind: 'unlearn', ...what } as UnlearnCommand;
      return follow(command, { ...waiting, timeoutMs });
    },
    relearn(classes, { id: given, timeoutMs = COMMAND_MS, ...waiting } = {}) {
      const id = idOf(given);
      return follow({ id, kind: 'relearn', classes: [...classes] }, { ...waiting, timeoutMs });
    },
    erase(classes, { id: given, timeoutMs = TRAINING_MS, now, ...waiting } = {}) {
      const id = idOf(given);
      const command: EraseCommand = { id, kind: 'erase', classes: [...classes], ...(now && { now }) };
      return follow(command, { ...waiting, timeoutMs });
    },
    ask: (question, options) => ask(idOf(question.id), question, options),
    askAll(questions, { concurrency = CONCURRENCY, ...options } = {}) {
      const answered = async (question: Question): Promise<Answer> => {
        const id = idOf(question.id);
        try {
          return { id, prediction: await ask(id, question, options) };
        } catch (error) {
          if (error instanceof LetheError) return { id, error };
          throw error;
        }
      };
      return valuesOf(from(questions).pipe(mergeMap(answered, concurrency)));
    },
    predictions: () => valuesOf(followed.from('predictions').pipe(readable(decodePrediction))),
    events: () => valuesOf(followed.from('events').pipe(readable(decodeEvent))),
    async close() {
      await followed.close();
      await release();
    },
  };
}

/** In the form in which Lethe tells it; drawn where none is given, or an empty one. */
function idOf(given: string | undefined): string {
  return given ? normalForm(given) : crypto.randomUUID();
}

async function* mapped<T, R>(items: Iterable<T> | AsyncIterable<T>, map: (item: T) => R): AsyncGenerator<R> {
  for await (const item of items) yield map(item);
}

/** How a command is waited for. */
type Waiting = Pick<CommandOptions, 'silenceMs'> & Bounds;
interface Bounds {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

function within<T>({ timeoutMs, signal }: Bounds, what: string, start: () => Observable<T>): Promise<T> {
  const late = (): never => {
    throw new LetheError('timed-out', `${what} did not arrive within ${timeoutMs} ms`, {
      field: 'timeoutMs',
      value: String(timeoutMs),
      remedy: 'Check that Lethe runs and is ready. Then repeat the request with the same id, or wait longer.',
      retriable: true,
    });
  };
  return firstValueFrom(
    defer(() => {
      // Before anything is sent.
      signal?.throwIfAborted();
      return merge(start(), abortion(signal));
    }).pipe(timeout({ first: timeoutMs, with: () => defer(late) })),
  );
}

/** Fails with the reason of the signal. */
function abortion(signal: AbortSignal | undefined): Observable<never> {
  if (signal === undefined) return NEVER;
  return fromEvent(signal, 'abort').pipe(
    map((): never => {
      throw signal.reason;
    }),
  );
}
