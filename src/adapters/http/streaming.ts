import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { StreamingApi } from 'hono/utils/stream';
import { LetheError } from '../../domain/errors.js';

/** Interval of the heartbeats that keep a silent connection alive. */
const HEARTBEAT_MS = 15_000;
/** Number of heartbeats that may be due while one is not consumed; then the follower is disconnected. */
const MISSED = 20;
/** How long a disconnected follower may take to read the reason. */
export const LAST_WORD_MS = 15_000;

/**
 * Refuses to follow if nothing could be sent, so that nobody would notice when the follower is gone: for HEAD, and
 * for a request that was sent before the response to another on the same connection.
 * @throws LetheError `invalid-message`
 */
export function refuseAsStream({ req, env }: Context): void {
  const { outgoing }: Partial<HttpBindings> = env ?? {};
  const pipelined = outgoing !== undefined && outgoing.socket === null;
  if (req.method === 'GET' && !pipelined) return;
  throw new LetheError('invalid-message', 'a stream needs GET, on its own connection', {
    field: pipelined ? 'connection' : 'method',
    value: req.method,
    remedy: 'Send GET, and no further request on the same connection.',
  });
}

/** Calls back once the connection of a follower is gone, whoever ended it. */
export function whenGone({ env }: Context, leave: () => void): void {
  const { outgoing }: Partial<HttpBindings> = env ?? {};
  if (outgoing?.destroyed) leave();
  else outgoing?.once('close', leave);
}

/** Ends the connection of a follower, whatever waits to be sent. */
export function cutOff({ env }: Context): void {
  const { outgoing }: Partial<HttpBindings> = env ?? {};
  outgoing?.destroy();
}

/**
 * Sends heartbeats one after the other, because they would pile up for a follower that does not read. A follower that
 * reads nothing for minutes is disconnected, because it occupies a place. `write` does not reject.
 */
export function heartbeatOf(stream: Pick<StreamingApi, 'write'>, cutOffFollower: () => void): NodeJS.Timeout {
  let due = 0;
  return setInterval(async () => {
    if (due++ === MISSED) cutOffFollower();
    if (due > 1) return;
    await stream.write(': alive\n\n');
    due = 0;
  }, HEARTBEAT_MS);
}

/** Why a follower is disconnected. */
export function readsNothing(): LetheError {
  const seconds = (HEARTBEAT_MS * MISSED) / 1000;
  return new LetheError('timed-out', `the client read nothing for ${seconds} s`, {
    remedy: 'Open the stream again at `from`, and keep reading.',
    retriable: true,
  });
}
