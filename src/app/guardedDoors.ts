import { isIPv6 } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { refusalOf } from '../console/admission.js';
import { LetheError } from '../domain/errors.js';
import { commandLimit } from '../streams/transports/http/commandLimit.js';
import type { LetheConfig } from './config/schema.js';

type Http = LetheConfig['http'];

/**
 * What stands before all doors: a limit of commands, and, where no token is asked for, whether the caller is on this machine
 * under a name of its own. A page of another site that a browser here has open is kept out by its origin; one whose name was
 * made to lead here (DNS rebinding) by that name.
 */
export function guardedDoors({ token, commandsPerMinute }: Http): Hono<{ Bindings: HttpBindings }> {
  const routes = new Hono<{ Bindings: HttpBindings }>();
  if (token === undefined) {
    routes.use('/v1/*', async (context, next) => {
      const { req, env } = context;
      const visit = {
        authorization: undefined,
        origin: req.header('origin'),
        host: req.header('host'),
        address: env.incoming.socket.remoteAddress,
        writes: false,
      };
      const refusal = refusalOf(visit, undefined);
      if (!refusal) return next();
      const { status, ...error } = refusal;
      return context.json({ error }, status);
    });
  }
  const limit = commandLimit(commandsPerMinute);
  for (const path of ['/v1/commands', '/console/commands']) routes.post(path, limit);
  return routes;
}

/**
 * Refuses to open doors to other machines that ask for nothing: whoever reaches them could have classes forgotten for good.
 * @throws LetheError `config-invalid`
 */
export function refuseOpenDoors({ host, token }: Http): void {
  if (token !== undefined || isLoopback(host)) return;
  throw new LetheError(
    'config-invalid',
    `the gateway would be open to other machines at ${host}, without a token`,
    {
      field: 'http.token',
      remedy:
        'Set LETHE_HTTP__TOKEN(_FILE), e.g. to what `openssl rand -hex 32` prints, or http.host to 127.0.0.1, or http.enabled to false.',
    },
  );
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(host) || (isIPv6(host) && /^[0:]*:0*1$/.test(host))
  );
}
