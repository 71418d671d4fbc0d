import { HTTP } from 'cloudevents';
import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';
import { finalize, from, lastValueFrom, mergeMap, type Observable } from 'rxjs';
import { toCloudEvent } from '../../../domain/cloudevents/envelope.js';
import { LetheError } from '../../../domain/errors.js';
import type { LogRecord, OutgoingRecord } from '../../../domain/record.js';
import { type Topics, topicsUnder } from '../../../domain/topics.js';
import type { TailRole } from './gateway.js';
import { encodedHeader } from './headers.js';
import { INGRESS_ROLES, type IngressRole } from './ingress.js';
import { refusalSchema } from './refusal.js';
import { untailed } from './tailedRecord.js';

/** Where a running Lethe is. */
export interface ClientOptions {
  /** e.g. `http://127.0.0.1:7070` */
  readonly url: string;
  readonly token?: string | undefined;
  readonly actor?: string;
  /** Requests at a time; order is kept with 1 only. */
  readonly concurrency?: number;
}

/** Talks to the gateway of a running Lethe. */
export interface GatewayClient {
  /** Names under which records for this client are encoded; the gateway knows the real ones. */
  readonly topics: Topics;
  /** Who gives the commands, as the audit chain tells. */
  readonly actor?: string | undefined;
  /**
   * Sends samples, queries and commands; resolves when all are in the log, and waits while the log is full.
   * @param onSent called after each
   * @throws LetheError what the gateway refused the first refused record with, or `unreachable`
   */
  publish(
    records: Iterable<OutgoingRecord> | AsyncIterable<OutgoingRecord>,
    onSent?: () => void,
  ): Promise<void>;
  /**
   * Follows a topic. Resolves when the gateway reads on its behalf, so that nothing written afterwards is missed;
   * records come while the observable is subscribed, which may be once.
   */
  tail(
    role: TailRole,
    start?: 'earliest' | 'latest',
    bodies?: 'json' | 'whole',
  ): Promise<Observable<LogRecord>>;
  status(): Promise<unknown>;
}

const CONCURRENCY = 8;
/** Characters: a record of the largest body, in base64, with room for its headers. */
const LARGEST_EVENT = 2 ** 28;

export function createGatewayClient({
  url,
  token,
  actor,
  concurrency = CONCURRENCY,
}: ClientOptions): GatewayClient {
  const topics = topicsUnder('');
  const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const response = await reach(new URL(path, url), { ...init, headers });
    if (!response.ok) throw await refusalOf(response);
    return response;
  };
  return {
    topics,
    actor,
    async publish(records, onSent) {
      const send = async (record: OutgoingRecord): Promise<void> => {
        const response = await call(`/v1/${roleOf(record, topics)}`, requestOf(record));
        await response.arrayBuffer().catch(broken);
        onSent?.();
      };
      await lastValueFrom(from(records).pipe(mergeMap(send, concurrency)), { defaultValue: undefined });
    },
    async tail(role, start = 'latest', bodies = 'json') {
      const controller = new AbortController();
      const { body } = await call(`/v1/${role}?from=${start}&bodies=${bodies}`, {
        signal: controller.signal,
      });
      if (!body) throw unexpected('the gateway sent no body');
      return from(recordsOf(body)).pipe(finalize(() => controller.abort()));
    },
    status: async () => {
      const text = await (await call('/v1/status')).text().catch(broken);
      const status = jsonOr(text);
      if (status === text) throw unexpected('the gateway answered something that is no JSON');
      return status;
    },
  };
}

async function* recordsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<LogRecord> {
  const text: ReadableStream<string> = body.pipeThrough(new TextDecoderStream());
  const events: ReadableStream<EventSourceMessage> = text.pipeThrough(
    new EventSourceParserStream({ maxBufferSize: LARGEST_EVENT }),
  );
  try {
    for await (const { data } of events) yield untailed(data);
  } catch (error) {
    broken(error);
  }
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
  const event = toCloudEvent({ ...record, partition: 0, offset: 0n, timestamp: 0 });
  const headers = new Headers();
  for (const [name, value] of Object.entries(HTTP.binary(event).headers)) {
    if (typeof value === 'string' && name !== 'ce-partitionkey') headers.set(name, encodedHeader(value));
  }
  headers.set('content-type', event.datacontenttype ?? '');
  return { method: 'POST', headers, body: record.value };
}

async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new LetheError('unreachable', `no Lethe answers at ${url.origin}`, {
      field: 'url',
      value: url.origin,
      remedy: 'Start one with `lethe run`, or give the address of a running one with --url.',
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
  const { code, message, remedy, field, value } = refusal.data.error;
  const retriable = [429, 503].includes(response.status);
  return new LetheError(code, message, { remedy, field, value, retriable });
}

function unexpected(message: string, status?: number): LetheError {
  const remedy =
    status === 401
      ? 'Give the token of the gateway by LETHE_HTTP__TOKEN.'
      : 'Check that the address is that of a Lethe gateway.';
  return new LetheError('unreachable', message, { field: 'url', remedy });
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
