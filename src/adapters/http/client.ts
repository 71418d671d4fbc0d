import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';
import { finalize, from, lastValueFrom, mergeMap, type Observable } from 'rxjs';
import type { z } from 'zod';
import { type ClassEvidence, classEvidenceSchema } from '../../domain/classEvidence.js';
import { LetheError, REASON_CODES } from '../../domain/errors.js';
import { type Prediction, predictionSchema } from '../../domain/messages/prediction.js';
import type { LogRecord, OutgoingRecord } from '../../domain/record.js';
import { type Topics, topicsUnder } from '../../domain/topics.js';
import type { TailRole } from './gateway.js';
import { encodedHeader, httpNameOf } from './headers.js';
import { INGRESS_ROLES, type IngressRole } from './ingress.js';
import { refusalSchema } from './refusal.js';
import { END, ERROR, untailed } from './tailedRecord.js';
import { untilRoom } from './untilRoom.js';

/** Address of a running Lethe. */
export interface ClientOptions {
  /** e.g. `http://127.0.0.1:7070` */
  readonly url: string;
  readonly token?: string | undefined;
  readonly actor?: string;
  /** Concurrent requests; only 1 keeps the order. */
  readonly concurrency?: number;
  /** Timeout for a response of the gateway, and for the next record of a kept topic. */
  readonly timeoutMs?: number;
}

/** Client of the gateway of a running Lethe. */
export interface GatewayClient {
  /** Topic names with which records for this client are encoded; the gateway knows the real ones. */
  readonly topics: Topics;
  /** Sender of the commands, for the audit chain. */
  readonly actor?: string | undefined;
  /**
   * Sends samples, queries and commands; resolves when all are in the log. Waits for up to half a minute while the
   * log is full or Lethe is not ready.
   * @param onSent called after each
   * @throws LetheError the refusal of the first refused record, `unreachable`, or `timed-out`
   */
  publish(
    records: Iterable<OutgoingRecord> | AsyncIterable<OutgoingRecord>,
    onSent?: () => void,
  ): Promise<void>;
  /**
   * Sends a query and waits for its answer.
   * @returns undefined if the timeout, or that of the gateway (`http.waitSeconds`), expires first: the query stays in
   * the log
   * @throws LetheError why it was refused, `unreachable`, or `timed-out` if the gateway itself does not respond
   */
  ask(
    record: OutgoingRecord,
    waiting: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<Prediction | undefined>;
  /**
   * Follows a topic. Resolves when the gateway reads for it, so that it misses nothing that is written afterwards.
   * The observable emits records while subscribed, and allows one subscription.
   */
  tail(
    role: TailRole,
    start?: 'earliest' | 'latest',
    bodies?: 'json' | 'whole',
  ): Promise<Observable<LogRecord>>;
  /**
   * The records that a topic contains now, complete, oldest first.
   * @throws LetheError after the records, if not all of them could be read
   */
  kept(role: TailRole): AsyncGenerator<LogRecord>;
  status(): Promise<unknown>;
  /**
   * What exists of a class, as the worker finds it now.
   * @throws LetheError
   */
  evidence(className: string, countRecords?: boolean): Promise<ClassEvidence>;
}

const CONCURRENCY = 8;
/** In characters: a record with the largest body, in base64, and its headers. */
const LARGEST_EVENT = 2 ** 28;
/** A consumer group needs some seconds to start. */
const TIMEOUT_MS = 60_000;

export function createGatewayClient({
  url,
  token,
  actor,
  concurrency = CONCURRENCY,
  timeoutMs = TIMEOUT_MS,
}: ClientOptions): GatewayClient {
  const topics = topicsUnder('');
  const answered = <T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> => inTime(ask, url, timeoutMs);
  const opened = (path: string, over: AbortSignal): Promise<Response> =>
    answered((late) => call(path, { signal: AbortSignal.any([over, late]) }));
  const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const response = await reach(new URL(path, url), { ...init, headers });
    if (!response.ok) throw await refusalOf(response);
    return response;
  };
  const json = async (path: string): Promise<unknown> => {
    const text = await answered(async (signal) => (await call(path, { signal })).text().catch(broken));
    const answer = jsonOr(text);
    if (answer === text) throw unexpected('the response of the gateway is not JSON');
    return answer;
  };
  return {
    topics,
    actor,
    async publish(records, onSent) {
      const send = async (record: OutgoingRecord): Promise<void> => {
        const sent = (): Promise<void> =>
          answered(async (signal) => {
            const response = await call(`/v1/${roleOf(record, topics)}`, { ...requestOf(record), signal });
            await response.arrayBuffer().catch(broken);
          });
        await untilRoom(sent);
        onSent?.();
      };
      await lastValueFrom(from(records).pipe(mergeMap(send, concurrency)), { defaultValue: undefined });
    },
    async ask(record, { timeoutMs: waitMs, signal: gone }) {
      const path = `/v1/queries?wait=${Math.ceil(waitMs)}ms`;
      const ask = async (late: AbortSignal): Promise<Prediction | undefined> => {
        const signal = gone ? AbortSignal.any([gone, late]) : late;
        const response = await call(path, { ...requestOf(record), signal });
        const text = await response.text().catch(broken);
        if (response.status !== 200) return undefined;
        const prediction = predictionSchema.safeParse(jsonOr(text));
        if (prediction.success) return prediction.data;
        throw unexpected('the response of the gateway is not a prediction');
      };
      return untilRoom(() => inTime(ask, url, waitMs + timeoutMs));
    },
    async tail(role, start = 'latest', bodies = 'json') {
      const controller = new AbortController();
      const { body } = await opened(`/v1/${role}?from=${start}&bodies=${bodies}`, controller.signal);
      if (!body) throw unexpected('the gateway sent no body');
      return from(recordsOf(body)).pipe(finalize(() => controller.abort()));
    },
    async *kept(role) {
      const controller = new AbortController();
      const path = `/v1/${role}?from=earliest&until=end&bodies=whole`;
      const { body } = await opened(path, controller.signal);
      if (!body) throw unexpected('the gateway sent no body');
      const events = withinSilence(eventsOf(body), role, timeoutMs);
      try {
        for await (const event of events) {
          if (event.id === undefined && event.event === END) return;
          yield recordIn(event);
        }
      } finally {
        controller.abort();
      }
      throw notWhole(role);
    },
    status: () => json('/v1/status'),
    evidence: async (className, countRecords = false) => {
      const found = classEvidenceSchema.safeParse(
        await json(
          `/v1/evidence?class=${encodeURIComponent(className)}${countRecords ? '&records=count' : ''}`,
        ),
      );
      if (!found.success) throw unexpected('the response of the gateway is not evidence of a class');
      return found.data;
    },
  };
}

/** Sends a request to the gateway, with a timeout. */
async function inTime<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  url: string,
  timeoutMs: number,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    return await ask(late.signal);
  } catch (error) {
    throw late.signal.aborted ? unanswered(url, timeoutMs, error) : error;
  } finally {
    clearTimeout(timer);
  }
}

function unanswered(url: string, timeoutMs: number, cause: unknown): LetheError {
  return new LetheError('timed-out', `Lethe at ${url} did not answer for ${timeoutMs / 1000} s`, {
    field: 'timeout',
    value: `${timeoutMs / 1000} s`,
    remedy: 'Check /readyz for what the worker waits for. Lethe may still carry out what was sent.',
    retriable: true,
    cause,
  });
}

async function* recordsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<LogRecord> {
  for await (const event of eventsOf(body)) yield recordIn(event);
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<EventSourceMessage> {
  const text: ReadableStream<string> = body.pipeThrough(new TextDecoderStream());
  const events: ReadableStream<EventSourceMessage> = text.pipeThrough(
    new EventSourceParserStream({ maxBufferSize: LARGEST_EVENT }),
  );
  try {
    for await (const event of events) yield event;
  } catch (error) {
    broken(error);
  }
}

/** @throws LetheError the error that the gateway sent, or `unreachable` if it sent something else */
function recordIn({ id, event, data }: EventSourceMessage): LogRecord {
  if (id === undefined && event === ERROR) {
    const refusal = refusalSchema.safeParse(jsonOr(data));
    if (refusal.success) throw refused(refusal.data);
  }
  try {
    return untailed(data);
  } catch (error) {
    broken(error);
  }
}

/** The same events; fails if the next one takes too long to arrive. The consumer may take any time. */
async function* withinSilence<T>(
  events: AsyncGenerator<T>,
  role: TailRole,
  silenceMs: number,
): AsyncGenerator<T> {
  for (;;) {
    const next = await soon(events.next(), role, silenceMs);
    if (next.done) return;
    yield next.value;
  }
}

async function soon<T>(promise: Promise<T>, role: TailRole, silenceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(silent(role, silenceMs)), silenceMs);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}

function silent(role: TailRole, silenceMs: number): LetheError {
  return new LetheError('timed-out', `nothing arrived from the topic ${role} for ${silenceMs / 1000} s`, {
    field: 'topic',
    value: role,
    remedy: 'Check /readyz for what the worker waits for, and try again.',
    retriable: true,
  });
}

function notWhole(role: TailRole): LetheError {
  return new LetheError(
    'unreachable',
    `the topic ${role} was not read completely: the gateway ended the stream`,
    {
      field: 'topic',
      value: role,
      remedy: 'Check that Lethe still runs, and try again.',
      retriable: true,
    },
  );
}

function broken(cause: unknown): never {
  throw new LetheError('unreachable', 'the connection to Lethe broke', {
    remedy: 'Check that it still runs, and try again.',
    retriable: true,
    cause,
  });
}

function roleOf({ topic }: OutgoingRecord, topics: Topics): IngressRole {
  const role = INGRESS_ROLES.find((known) => topics[known] === topic);
  if (!role) throw new RangeError(`records can't be sent to ${topic}`);
  return role;
}

/** The binary mode of CloudEvents' HTTP binding. */
function requestOf(record: OutgoingRecord): RequestInit {
  const headers = new Headers();
  for (const [name, value] of Object.entries(record.headers)) {
    const httpName = httpNameOf(name);
    if (httpName !== undefined) headers.set(httpName, encodedHeader(value));
  }
  headers.set('content-type', record.headers['content-type'] ?? '');
  return { method: 'POST', headers, body: record.value };
}

async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new LetheError('unreachable', `no Lethe responds at ${url.origin}`, {
      field: 'url',
      value: url.origin,
      remedy: 'Start one with `lethe run`, or give the address of a running Lethe with --url.',
      retriable: true,
      cause: error,
    });
  }
}

async function refusalOf(response: Response): Promise<LetheError> {
  const text = await response.text().catch(broken);
  const refusal = refusalSchema.safeParse(jsonOr(text));
  if (!refusal.success)
    return unexpected(`the gateway answered ${response.status}: ${text.slice(0, 200)}`, response.status);
  return refused(refusal.data, [429, 503].includes(response.status));
}

function refused({ error }: z.infer<typeof refusalSchema>, retriable = false): LetheError {
  const { code, message, remedy, field, value } = error;
  // For the caller, a gateway that does not admit it is out of reach.
  const reason = REASON_CODES.find((each) => each === code) ?? 'unreachable';
  return new LetheError(reason, message, { remedy, field, value, retriable });
}

function unexpected(message: string, status?: number): LetheError {
  const remedy =
    status === 401
      ? 'Set LETHE_HTTP__TOKEN to the token of the gateway.'
      : 'Check that the address belongs to a Lethe gateway.';
  return new LetheError('unreachable', message, { field: 'url', remedy });
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
