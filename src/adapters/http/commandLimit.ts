import type { MiddlewareHandler } from 'hono';
import { LetheError } from '../../domain/errors.js';
import { refusalBody } from './refusal.js';

const MINUTE_MS = 60_000;
/** Requests that were not admitted use no budget: otherwise strangers could block permitted senders. */
const NOT_LET_IN = [401, 403];

/**
 * Admits so many commands per minute, and answers the others with 429 and the seconds until the next one in
 * `retry-after` (RFC 6585, section 4). A token bucket, full at first and refilled evenly: the commands of a minute
 * may come at once. All interfaces share one bucket.
 * @param now milliseconds of a monotonic clock
 */
export function commandLimit(
  perMinute: number,
  now: () => number = () => performance.now(),
): MiddlewareHandler {
  let tokens = perMinute;
  let filled = now();
  return async (context, next) => {
    const time = now();
    tokens = Math.min(perMinute, tokens + ((time - filled) * perMinute) / MINUTE_MS);
    filled = time;
    if (tokens < 1) {
      const seconds = Math.ceil(((1 - tokens) * MINUTE_MS) / perMinute / 1000);
      context.header('retry-after', String(seconds));
      return context.json(refusalBody(tooMany(perMinute, seconds).toJSON()), 429);
    }
    tokens--;
    await next();
    if (NOT_LET_IN.includes(context.res.status)) tokens = Math.min(perMinute, tokens + 1);
    return undefined;
  };
}

function tooMany(perMinute: number, seconds: number): LetheError {
  return new LetheError('overloaded', `more than ${perMinute} commands arrived within a minute`, {
    field: 'http.commandsPerMinute',
    value: String(perMinute),
    remedy: `Send it again in ${seconds} s, or raise http.commandsPerMinute.`,
    retriable: true,
  });
}
