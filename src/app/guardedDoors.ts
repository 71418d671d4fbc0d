import { isIPv6 } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { commandLimit } from '../adapters/http/commandLimit.js';
import { refusalBody } from '../adapters/http/refusal.js';
import { type Destination, refusalOf, type Visit } from '../console/admission.js';
import { LetheError } from '../domain/errors.js';
import type { LetheConfig } from './config/schema.js';

type Http = LetheConfig['http'];
type Request = Context<{ Bindings: HttpBindings }>;

/** The checks before all routes, in this order: admission ({@link refusalOf}), and the limit of commands. */
export function guardedDoors({
  token,
  hosts,
  commandsPerMinute,
}: Pick<Http, 'token' | 'hosts' | 'commandsPerMinute'>): Hono<{ Bindings: HttpBindings }> {
  const routes = new Hono<{ Bindings: HttpBindings }>();
  routes.use('*', async (context, next) => {
    const refusal = refusalOf(visitOf(context), { token, hosts });
    if (!refusal) return next();
    const { status, ...error } = refusal;
    return context.json(refusalBody(error), status);
  });
  const limit = commandLimit(commandsPerMinute);
  for (const path of ['/v1/commands', '/console/commands']) routes.post(path, limit);
  return routes;
}

function visitOf({ req, env }: Request): Visit {
  return {
    authorization: req.header('authorization'),
    origin: req.header('origin'),
    site: req.header('sec-fetch-site'),
    mode: req.header('sec-fetch-mode'),
    host: req.header('host'),
    address: env.incoming.socket.remoteAddress,
    to: destinationOf(req.path),
  };
}

const PROBES = ['/metrics', '/healthz', '/readyz'];

/** Everything that is no known page or probe is treated as protected. */
function destinationOf(path: string): Destination {
  if (PROBES.includes(path)) return 'probe';
  if (path === '/console/commands') return 'order';
  if (path === '/console/feed') return 'api';
  return path === '/' || path === '/console' || path.startsWith('/console/') ? 'page' : 'api';
}

/**
 * Refuses to serve other machines without a token: anyone who reaches the gateway could erase classes.
 * @throws LetheError `config-invalid`
 */
export function refuseOpenDoors({ host, token }: Pick<Http, 'host' | 'token'>): void {
  if (token !== undefined || isLoopback(host)) return;
  throw new LetheError(
    'config-invalid',
    `the gateway would be open to other machines at ${host}, without a token`,
    {
      field: 'http.token',
      remedy:
        'Set LETHE_HTTP__TOKEN(_FILE), for example to the output of `openssl rand -hex 32`. Or set http.host to 127.0.0.1, or http.enabled to false.',
    },
  );
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(host) || (isIPv6(host) && /^[0:]*:0*1$/.test(host))
  );
}
