import type { Context } from 'hono';
import { LetheError } from '../../domain/errors.js';
import { refuse } from './refusal.js';

interface Route {
  readonly method: string;
  readonly path: string;
}

/** Refuses a request that no route takes: 405 with the methods of the path, or 404 if the path does not exist. */
export function nothingThere(context: Context, routes: readonly Route[]): Response {
  const { path, method } = context.req;
  const methods = new Set(
    routes.filter((route) => route.path === path && route.method !== 'ALL').map((route) => route.method),
  );
  if (methods.has('GET')) methods.add('HEAD');
  const known = methods.size > 0;
  if (known) context.header('allow', [...methods].join(', '));
  const message = known
    ? `${shown(path)} does not support ${shown(method)}`
    : `there is nothing at ${shown(path)}`;
  const error = new LetheError('invalid-message', message, {
    field: known ? 'method' : 'path',
    remedy: known
      ? `Use ${[...methods].join(' or ')}.`
      : 'POST /v1/samples, /v1/queries or /v1/commands; GET /v1/predictions, /v1/events, /v1/dead-letters, /v1/audit, /v1/status or /v1/evidence?class=….',
  });
  return refuse(context, error, known ? 405 : 404);
}

function shown(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 97)}...`;
}
