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

/** Dependencies and limits of the gateway. */
export interface GatewayOptions extends IntakeOptions, BodyLimits, FollowerLimits {
  /** The response to `GET /v1/status`. */
  readonly status: () => Promise<unknown>;
  /**
   * The response to `GET /v1/evidence?class=…`; without it, the route does not exist. With `records=count`, it reads
   * the topics.
   */
  readonly evidence?: (className: string, countRecords: boolean) => Promise<unknown>;
  /** Version of Lethe; without it, `GET /openapi.json` does not exist. */
  readonly version?: string;
  /** Why the log is unreachable now, if known. */
  readonly logAway?: () => string | undefined;
  /** A log that does not report the end of a topic for this long counts as unreachable. */
  readonly patienceMs?: number;
  /** Limit of messages with waiting requests; others are refused. */
  readonly waiters: number;
  /** Called with unexpected errors and their path. */
  readonly told?: (error: unknown, path: string) => void;
}

/** A reachable log reports the end of a topic within milliseconds, on a busy machine within seconds. */
const PATIENCE_MS = 15_000;

/** Topics that can be followed. */
export const TAIL_ROLES = ['predictions', 'events', 'dead-letters', 'audit'] as const;
export type TailRole = (typeof TAIL_ROLES)[number];

/**
 * The HTTP interface of a log. `POST /v1/samples|queries|commands` accepts CloudEvents in binary mode, and queries
 * also in batches. It answers 202 with the id once the message is in the log, and waits while the log is full. With
 * `Prefer: wait=5` or `?wait=5s`, it answers 200 with the result ({@link Intake}). `GET
 * /v1/predictions|events|dead-letters|audit?from=earliest|latest|0/12,1/7&bodies=whole` are server-sent events. With
 * `from=earliest&until=end`, they are the existing records, then an event `end` without an id; a stream without it is
 * incomplete. After a failure, the last event is `error` without an id, with the `from` at which to continue. 503
 * means that the log is unreachable. `GET /openapi.json`, `GET /v1/status` and `GET /v1/evidence?class=…` (what
 * exists of a class: src/domain/classEvidence.ts). Errors are JSON: `{"error": {code, message, field, value,
 * remedy}}`.
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

/** Target of the records of one follower. */
interface Sink {
  readonly stream: SSEStreamingApi;
  /** Whether it receives whole values. */
  readonly whole: boolean;
  /** Ends its connection, whatever waits to be sent. */
  readonly cutOff: () => void;
}

/** Whether the request is only for the existing records. */
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
 * Refuses before the stream starts: a silent stream looks like an empty topic.
 * @throws LetheError `unreachable`, retriable, if the log does not report the end of the topic in time
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

/**
 * Sends the existing records of a topic, then the event that confirms that they are complete. Reads no faster than
 * the follower.
 */
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

/** Sends until the follower leaves or is disconnected, or the log closes or fails; then the stream ends. */
function send(sink: Sink, follower: Follower): Promise<void> {
  return withHeartbeat(sink, {
    leave: () => follower.leave(),
    sending: () => follower.each((record) => sendRecord(sink, record)),
    goesOnFrom: () => startText(follower.positions),
  });
}

/** The only place that turns a record into an event: it is one line, whatever its producer wrote. */
async function sendRecord({ stream, whole }: Sink, record: LogRecord): Promise<void> {
  const shown = tailed(record, whole);
  await stream.writeSSE({
    id: `${shown.partition}/${shown.offset}`,
    event: visible(record.headers.ce_type ?? 'record'),
    data: JSON.stringify(shown),
  });
}

/** A stream to one follower. */
interface Sending {
  readonly sending: () => Promise<void>;
  /** Ends `sending`; may be called repeatedly. */
  readonly leave: () => void;
  /** The `from` of a request that continues where this one ends. */
  readonly goesOnFrom?: () => string;
}

/**
 * A stream that has started can only end. An event without an id reports a failure, with the position at which to
 * continue. A follower that reads nothing for minutes gets it too, if it reads again; its connection ends soon after.
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
