import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { lastValueFrom, Subject, takeUntil } from 'rxjs';
import { LetheError, toLetheError } from '../../domain/errors.js';
import type { LogRecord } from '../../domain/record.js';
import { visible } from '../../domain/visible.js';
import type { EventLog } from '../eventLog.js';
import { keptNow } from '../keptNow.js';
import { Bodies, type BodyLimits } from './bodies.js';
import { type Follower, type FollowerLimits, Followers } from './followers.js';
import { INGRESS_ROLES } from './ingress.js';
import { Intake, type IntakeOptions } from './intake.js';
import { openApiDocument } from './openApi.js';
import { countsRecords, namedClass, parameterOf } from './parameters.js';
import { refuse } from './refusal.js';
import { parseStart, type Start, startText } from './start.js';
import { cutOff, heartbeatOf, LAST_WORD_MS, readsNothing, refuseAsStream, whenGone } from './streaming.js';
import { END, ERROR, tailed } from './tailedRecord.js';
import { nothingThere } from './unknownRoute.js';
import { Waits } from './waits.js';

/** What the gateway stands before, and how much it lets through. */
export interface GatewayOptions extends IntakeOptions, BodyLimits, FollowerLimits {
  /** The answer to `GET /v1/status`. */
  readonly status: () => Promise<unknown>;
  /** The answer to `GET /v1/evidence?class=…`; there is no such route without it. With `records=count` the topics are read for it. */
  readonly evidence?: (className: string, countRecords: boolean) => Promise<unknown>;
  /** Of Lethe: without it there is no `GET /openapi.json`. */
  readonly version?: string;
  /** Why the log can't be reached just now, where that is known. */
  readonly logAway?: () => string | undefined;
  /** A log that does not say for so long where a topic ends counts as out of reach. */
  readonly patienceMs?: number;
  /** Messages that may be waited for at a time; others are refused. */
  readonly waiters: number;
  /** Told of what was not expected, and at which path. */
  readonly told?: (error: unknown, path: string) => void;
}

/** A log that is there says within milliseconds where a topic ends, on a busy machine within seconds. */
const PATIENCE_MS = 15_000;

/** Topics that can be followed. */
export const TAIL_ROLES = ['predictions', 'events', 'dead-letters', 'audit'] as const;
export type TailRole = (typeof TAIL_ROLES)[number];

/**
 * The way into a log that lives in one process, over HTTP:
 * `POST /v1/samples|queries|commands` (CloudEvents in binary mode, queries also in batches; 202 with the id once it is in the log,
 * and not before there is room; with `Prefer: wait=5` or `?wait=5s` 200 with what came of it: {@link Intake}), `GET /v1/predictions|events|dead-letters|audit?from=earliest|latest|0/12,1/7&bodies=whole` (server-sent
 * events; with `from=earliest&until=end` those that are kept now, then an event `end` without an id: a stream that ends without it
 * is not whole; what fails is told by a last event `error` without an id, with the `from` to go on from; 503 where the log can't be
 * reached), `GET /openapi.json`, `GET /v1/status` and `GET /v1/evidence?class=…` (what is there of a class: src/domain/classEvidence.ts). Errors are
 * JSON: `{"error": {code, message, field, value, remedy}}`.
 */
export function createGateway(options: GatewayOptions): Hono {
  const gateway = new Hono();
  gateway.onError((error, context) => {
    if (!(error instanceof LetheError)) options.told?.(error, context.req.path);
    return refuse(context, toLetheError(error));
  });
  const followers = new Followers(options.log, options);
  const waits = new Waits(followers, options.topics, options.waiters);
  const intake = new Intake(options, new Bodies(options), waits);
  for (const role of INGRESS_ROLES) gateway.post(`/v1/${role}`, (context) => intake.take(context, role));
  for (const role of TAIL_ROLES)
    gateway.get(`/v1/${role}`, (context) => follow(context, role, options, followers));
  gateway.get('/v1/status', async (context) => context.json(await options.status()));
  const { evidence, version } = options;
  if (version !== undefined) {
    let document: object | undefined;
    gateway.get('/openapi.json', (context) => {
      document ??= openApiDocument(version);
      return context.json(document);
    });
  }
  if (evidence)
    gateway.get('/v1/evidence', async (context) =>
      context.json(await evidence(namedClass(context), countsRecords(context))),
    );
  gateway.all('/v1/*', (context) => nothingThere(context, gateway.routes));
  return gateway;
}

async function follow(
  context: Context,
  role: TailRole,
  options: GatewayOptions,
  followers: Followers,
): Promise<Response> {
  refuseAsStream(context);
  const { log, topics } = options;
  const topic = topics[role];
  const from = parseStart(parameterOf(context, 'from') ?? 'latest');
  const bodies = parameterOf(context, 'bodies') ?? 'json';
  if (bodies !== 'json' && bodies !== 'whole') {
    throw new LetheError('invalid-message', `bodies="${bodies}" is not supported`, {
      field: 'bodies',
      value: bodies,
      remedy: 'Use bodies=whole for complete values, or bodies=json for JSON values only.',
    });
  }
  const sink = { whole: bodies === 'whole', cutOff: () => cutOff(context) };
  if (endsSoon(context, from)) {
    const leave = followers.enterBacklog();
    whenGone(context, leave);
    await refuseAway(topic, options).catch((error: unknown) => {
      leave();
      throw error;
    });
    return streamSSE(context, (stream) =>
      sendKept({ stream, ...sink }, log, topic, () => followers.rest()).finally(leave),
    );
  }
  const follower = await followers.follow(topic, from);
  whenGone(context, () => follower.leave());
  return streamSSE(context, (stream) => send({ stream, ...sink }, follower));
}

/** Where one follower's records go. */
interface Sink {
  readonly stream: SSEStreamingApi;
  /** Whether it is sent whole values. */
  readonly whole: boolean;
  /** Ends its connection, whatever waits to be sent. */
  readonly cutOff: () => void;
}

/** Whether what is kept now is asked for, and no more. */
function endsSoon(context: Context, from: Start): boolean {
  const until = parameterOf(context, 'until');
  if (until === undefined) return false;
  if (until === 'end' && from === 'earliest') return true;
  throw new LetheError('invalid-message', `until="${until}" is not supported`, {
    field: 'until',
    value: until,
    remedy: 'Use from=earliest&until=end for the existing records, or omit until to follow new ones.',
  });
}

/**
 * Refuses before the stream begins: what begins with silence can't be told from a topic that is empty.
 * @throws LetheError `unreachable`, retriable, where the log does not say in time where the topic ends
 */
async function refuseAway(
  topic: string,
  { log, logAway, patienceMs = PATIENCE_MS }: GatewayOptions,
): Promise<void> {
  const late = new AbortController();
  const waited = sleep(patienceMs, 'late' as const, { signal: late.signal }).catch(() => 'late' as const);
  try {
    if ((await Promise.race([log.ends([topic]), waited])) !== 'late') return;
  } finally {
    late.abort();
  }
  const why = logAway?.() ?? `it gave no answer for ${patienceMs / 1000} s`;
  throw new LetheError('unreachable', `the log can't be reached to read ${topic}: ${why}`, {
    field: 'topic',
    value: topic,
    remedy: 'Check /readyz for what the worker waits for, and try again when it is ready.',
    retriable: true,
  });
}

/** Sends what a topic keeps, then the event that says that it was whole. Reads no faster than the follower. */
async function sendKept(sink: Sink, log: EventLog, topic: string, rest: () => Promise<void>): Promise<void> {
  const gone = new Subject<void>();
  const handle = async (record: LogRecord): Promise<void> => {
    await sendRecord(sink, record);
    await rest();
  };
  await withHeartbeat(sink, {
    leave: () => gone.next(),
    sending: async () => {
      await lastValueFrom(keptNow(log, topic, { handle }).pipe(takeUntil(gone)), { defaultValue: undefined });
      await sink.stream.writeSSE({ event: END, data: '{}' });
    },
  });
}

/** Sends until the follower goes or is cut off, or the log closes or fails; then the stream ends. */
function send(sink: Sink, follower: Follower): Promise<void> {
  return withHeartbeat(sink, {
    leave: () => follower.leave(),
    sending: () => follower.each((record) => sendRecord(sink, record)),
    goesOnFrom: () => startText(follower.positions),
  });
}

/** The one place where a record becomes an event: whatever its producer calls it, it is one line. */
async function sendRecord({ stream, whole }: Sink, record: LogRecord): Promise<void> {
  const shown = tailed(record, whole);
  await stream.writeSSE({
    id: `${shown.partition}/${shown.offset}`,
    event: visible(record.headers.ce_type ?? 'record'),
    data: JSON.stringify(shown),
  });
}

/** What is sent to one follower. */
interface Sending {
  readonly sending: () => Promise<void>;
  /** Ends `sending`; may be called often. */
  readonly leave: () => void;
  /** The `from` of a request that goes on where this one ends. */
  readonly goesOnFrom?: () => string;
}

/**
 * A stream that has begun can only end: what fails is told by an event without an id, with where to go on. So is a follower that
 * reads nothing for minutes, if it reads after all; its connection ends soon after.
 */
async function withHeartbeat(
  { stream, cutOff: end }: Sink,
  { sending, leave, goesOnFrom }: Sending,
): Promise<void> {
  const fail = (thrown: unknown): Promise<void> => {
    const told = { error: toLetheError(thrown), ...(goesOnFrom && { from: goesOnFrom() }) };
    return stream.writeSSE({ event: ERROR, data: JSON.stringify(told) });
  };
  stream.onAbort(leave);
  const heartbeat = heartbeatOf(stream, () => {
    leave();
    void fail(readsNothing());
    setTimeout(end, LAST_WORD_MS).unref();
  });
  try {
    await sending();
  } catch (error) {
    await fail(error);
  } finally {
    clearInterval(heartbeat);
    leave();
  }
}
