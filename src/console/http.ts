import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import { lastValueFrom, Subject, takeUntil } from 'rxjs';
import { z } from 'zod';
import { refusalBody, refuse } from '../adapters/http/refusal.js';
import { cutOff, heartbeatOf, refuseAsStream, whenGone } from '../adapters/http/streaming.js';
import { notReady } from '../adapters/http/turnstile.js';
import { classNameSchema } from '../domain/className.js';
import { encodeCommand } from '../domain/cloudEvents.js';
import { LetheError, toLetheError } from '../domain/errors.js';
import type { OutgoingRecord } from '../domain/record.js';
import { parseOrRefuse } from '../domain/refusal.js';
import type { Topics } from '../domain/topics.js';
import type { Feed } from './feed.js';
import { readPageFiles } from './pageFiles.js';

/** What the console's door opens to. */
export interface ConsoleDoor {
  readonly feed: Feed;
  readonly topics: Topics;
  /** Key of commands. */
  readonly modelName: string;
  readonly publish: (records: readonly OutgoingRecord[]) => Promise<void>;
  /** Whether commands are taken. */
  readonly accepting: () => boolean;
  /** Pages that follow at a time. */
  readonly pages: number;
}

const COMMAND_BYTES = 64 * 1024;
const ACTOR = 'console';

/** What can be commanded from the console. */
const orderSchema = z.strictObject({
  kind: z.enum(['unlearn', 'relearn']),
  classes: z.array(classNameSchema).min(1).max(100),
});

/** Nothing from elsewhere, no inline code, and no page of another site around it. */
const PAGE_HEADERS = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
  },
  xFrameOptions: 'DENY',
  referrerPolicy: 'no-referrer',
  // Lethe speaks plain HTTP: whether a name is for TLS only is for who terminates TLS to say.
  strictTransportSecurity: false,
});

/**
 * The console: the page at `/console/` (`/` leads there), its feed as server-sent events at `/console/feed`, and
 * `POST /console/commands`. The page's files are for everybody, they hold nothing; who may come in is decided before.
 */
export function consoleRoutes(door: ConsoleDoor): Hono {
  const routes = new Hono();
  routes.use('/console/*', PAGE_HEADERS);
  routes.get('/', (context) => context.redirect('/console/'));
  routes.get('/console', (context) => context.redirect('/console/'));
  const files = readPageFiles();
  routes.get('/console/', (context) => serve(context, 'index.html', files));
  for (const name of files?.keys() ?? [])
    routes.get(`/console/${name}`, (context) => serve(context, name, files));

  let following = 0;
  routes.get('/console/feed', (context) => {
    refuseAsStream(context);
    if (following >= door.pages) return refuse(context, full());
    following++;
    let open = true;
    return follow(context, door.feed, () => {
      if (open) following--;
      open = false;
    });
  });
  routes.post(
    '/console/commands',
    bodyLimit({ maxSize: COMMAND_BYTES, onError: (context) => refuse(context, tooLarge(), 413) }),
    (context) => command(context, door),
  );
  return routes;
}

function tooLarge(): LetheError {
  return new LetheError('invalid-message', `a command of the console has at most ${COMMAND_BYTES} bytes`, {
    field: 'body',
    remedy: 'Send fewer classes at a time.',
  });
}

function full(): LetheError {
  return new LetheError('overloaded', 'the console is open in as many pages as console.pages allows', {
    field: 'console.pages',
    remedy: 'Close one, or raise console.pages.',
  });
}

function serve(context: Context, name: string, files: ReturnType<typeof readPageFiles>): Response {
  const file = files?.get(name);
  if (!file) return context.text('The console was not built: npm run build\n', 404);
  context.header('cache-control', 'no-cache');
  context.header('etag', file.etag);
  if (context.req.header('if-none-match') === file.etag) return context.body(null, 304);
  return context.body(file.body, 200, { 'content-type': file.type });
}

function follow(context: Context, feed: Feed, onGone: () => void): Response {
  const lastId = context.req.header('last-event-id');
  // Else a proxy may hold back what it takes for an ordinary answer.
  context.header('x-accel-buffering', 'no');
  const gone = new Subject<void>();
  whenGone(context, () => {
    gone.next();
    onGone();
  });
  return streamSSE(context, async (stream) => {
    stream.onAbort(() => gone.next());
    const heartbeat = heartbeatOf(stream, () => cutOff(context));
    try {
      const sent = feed.follow(lastId, ({ kind, data }, id) =>
        stream.writeSSE({ event: kind, data: JSON.stringify(data), ...(id !== null && { id }) }),
      );
      await lastValueFrom(sent.pipe(takeUntil(gone)), { defaultValue: undefined });
    } finally {
      clearInterval(heartbeat);
      onGone();
    }
  });
}

async function command(context: Context, door: ConsoleDoor): Promise<Response> {
  if (!door.accepting()) return refuse(context, notReady());
  try {
    const body: unknown = await context.req.json().catch(() => undefined);
    const order = parseOrRefuse(orderSchema, body, {
      code: 'invalid-message',
      subject: 'the command',
      remedy: 'Send {"kind":"unlearn","classes":[…]} or {"kind":"relearn","classes":[…]}.',
    });
    const id = crypto.randomUUID();
    await door.publish([encodeCommand({ id, ...order }, door.modelName, door.topics, ACTOR)]);
    return context.json({ id }, 202);
  } catch (error) {
    const refused = toLetheError(error);
    return context.json(refusalBody(refused.toJSON()), refused.code === 'invalid-message' ? 400 : 503);
  }
}
