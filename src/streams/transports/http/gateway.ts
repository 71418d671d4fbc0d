import { type Context, Hono } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
import { bodyLimit } from 'hono/body-limit';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { concatMap, lastValueFrom, type Observable, Subject, takeUntil } from 'rxjs';
import { LetheError, type ReasonCode, toLetheError } from '../../../domain/errors.js';
import type { LogRecord } from '../../../domain/record.js';
import type { Topics } from '../../../domain/topics.js';
import type { EventLog } from '../eventLog.js';
import { INGRESS_ROLES, type IngressRole, receive } from './ingress.js';
import { tailed } from './tailedRecord.js';

/** What the gateway stands before, and how much it lets through. */
export interface GatewayOptions {
  readonly log: EventLog;
  readonly topics: Topics;
  /** Key of commands. */
  readonly modelName: string;
  /** The answer to `GET /v1/status`. */
  readonly status: () => Promise<unknown>;
  /** Whether messages are taken; while it says no, they are refused as at a full log. */
  readonly accepting: () => boolean;
  /** Largest request body. */
  readonly bodyBytes: number;
  /** Requests that wait for room in the log at most; others are refused. */
  readonly waiting: number;
  /** Asked as a bearer token where it is given. */
  readonly token?: string | undefined;
}

/** Topics that can be followed. */
export const TAIL_ROLES = ['predictions', 'events', 'dead-letters', 'audit'] as const;
export type TailRole = (typeof TAIL_ROLES)[number];

const STATUS_OF: Partial<Record<ReasonCode, 413 | 415 | 500 | 503>> = {
  'image-too-large': 413,
  'unsupported-format': 415,
  overloaded: 503,
  internal: 500,
};
/** Records on their way to one follower. */
const TAIL_IN_FLIGHT = 64;
/** Tells a silent follower, and whatever lies between, that the connection lives. */
const HEARTBEAT_MS = 15_000;
const RETRY_AFTER_SECONDS = '1';

/**
 * The way into a log that lives in one process, over HTTP:
 * `POST /v1/samples|queries|commands` (CloudEvents in binary mode; 202 with the id once it is in the log, and not
 * before there is room), `GET /v1/predictions|events|dead-letters|audit?from=earliest|latest&bodies=whole` (server-sent events) and
 * `GET /v1/status`. Errors are JSON: `{"error": {code, message, field, value, remedy}}`.
 */
export function createGateway(options: GatewayOptions): Hono {
  const gateway = new Hono();
  const { token, bodyBytes } = options;
  if (token !== undefined) gateway.use('/v1/*', bearerAuth({ token }));
  gateway.use(
    '/v1/*',
    bodyLimit({ maxSize: bodyBytes, onError: (context) => refuse(context, tooLarge(bodyBytes)) }),
  );
  gateway.onError((error, context) =>
    'getResponse' in error && typeof error.getResponse === 'function'
      ? error.getResponse()
      : refuse(context, toLetheError(error)),
  );
  const turnstile = new Turnstile(options.waiting);
  for (const role of INGRESS_ROLES)
    gateway.post(`/v1/${role}`, (context) => take(context, role, options, turnstile));
  for (const role of TAIL_ROLES) gateway.get(`/v1/${role}`, (context) => follow(context, role, options));
  gateway.get('/v1/status', async (context) => context.json(await options.status()));
  return gateway;
}

async function take(
  context: Context,
  role: IngressRole,
  options: GatewayOptions,
  turnstile: Turnstile,
): Promise<Response> {
  if (!options.accepting()) throw busy('Lethe is not ready, or shutting down');
  const body = Buffer.from(await context.req.arrayBuffer());
  const { id, record } = receive(role, { headers: context.req.raw.headers, body }, options);
  await turnstile.pass(() => options.log.publish([record]));
  return context.json({ id }, 202);
}

async function follow(context: Context, role: TailRole, { log, topics }: GatewayOptions): Promise<Response> {
  const from = context.req.query('from') ?? 'latest';
  if (from !== 'earliest' && from !== 'latest') {
    throw new LetheError('invalid-message', `a topic can't be followed from "${from}"`, {
      field: 'from',
      value: from,
      remedy: 'Use from=earliest for what is kept and all that follows, or from=latest for what follows.',
    });
  }
  const group = `tail-${crypto.randomUUID()}`;
  // The end is looked up before the answer goes out: whoever sees the answer misses nothing written afterwards.
  const start = from === 'latest' ? await log.ends([topics[role]]) : from;
  const records = log.read({
    topics: [topics[role]],
    group,
    maxInFlight: TAIL_IN_FLIGHT,
    from: start,
    transient: true,
  });
  return streamSSE(context, (stream) =>
    send(
      stream,
      records,
      (record) => log.settle(group, [{ input: record, outputs: [] }]).then(() => undefined, unlessClosed),
      context.req.query('bodies') === 'whole',
    ),
  );
}

/** Sends until the follower goes or the log closes. Subscribes at once: what comes after the response is not missed. */
async function send(
  stream: SSEStreamingApi,
  records: Observable<LogRecord>,
  settle: (record: LogRecord) => Promise<void>,
  whole: boolean,
): Promise<void> {
  const gone = new Subject<void>();
  stream.onAbort(() => gone.next());
  const heartbeat = setInterval(() => void stream.write(': alive\n\n'), HEARTBEAT_MS);
  const sent = records.pipe(
    takeUntil(gone),
    concatMap(async (record) => {
      const shown = tailed(record, whole);
      await stream.writeSSE({
        id: `${shown.partition}/${shown.offset}`,
        event: record.headers.ce_type ?? 'record',
        data: JSON.stringify(shown),
      });
      await settle(record);
    }),
  );
  try {
    await lastValueFrom(sent, { defaultValue: undefined });
  } finally {
    clearInterval(heartbeat);
  }
}

/** A log that was closed meanwhile has nothing to settle any more; its records end by themselves. */
function unlessClosed(error: unknown): void {
  if (!(error instanceof LetheError && error.code === 'overloaded')) throw error;
}

function refuse(context: Context, error: LetheError): Response {
  const status = STATUS_OF[error.code] ?? 400;
  if (error.retriable) context.header('retry-after', RETRY_AFTER_SECONDS);
  return context.json({ error: error.toJSON() }, status);
}

function busy(message: string): LetheError {
  return new LetheError('overloaded', message, {
    remedy: 'Send the same again a little later.',
    retriable: true,
  });
}

function tooLarge(bodyBytes: number): LetheError {
  return new LetheError('image-too-large', `the body has more than ${bodyBytes} bytes`, {
    field: 'body',
    remedy: 'Send a smaller image, or raise http.bodyBytes and limits.imageBytes.',
  });
}

/** Lets so many wait at a time and refuses the rest, so that a full log does not fill memory with requests. */
class Turnstile {
  #inside = 0;

  constructor(private readonly places: number) {}

  async pass(work: () => Promise<void>): Promise<void> {
    if (this.#inside >= this.places) {
      throw busy(`${this.places} requests are waiting for room in the log already`);
    }
    this.#inside++;
    try {
      await work();
    } finally {
      this.#inside--;
    }
  }
}
