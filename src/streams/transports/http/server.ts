import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { LetheError } from '../../../domain/errors.js';

/** A server that listens. */
export interface HttpServer {
  /** Where it is reached, e.g. `http://127.0.0.1:7070`. */
  readonly url: string;
  /** Stops listening and ends all connections; answers under way are cut off. */
  close(): Promise<void>;
}

/**
 * Serves the routes at the address.
 * @param port 0 takes a free one
 * @throws LetheError `config-invalid` where the address can't be bound
 */
export function listen(
  routes: Hono,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: routes.fetch, hostname: host, port }, (address) => {
      resolve({ url: urlOf(address), close });
    });
    const close = (): Promise<void> =>
      new Promise((closed) => {
        server.close(() => closed());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    server.once('error', (error) => reject(unbindable(error, host, port)));
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function unbindable(error: Error, host: string, port: number): LetheError {
  const inUse = 'code' in error && error.code === 'EADDRINUSE';
  return new LetheError(
    'config-invalid',
    `${host}:${port} can't be bound: ${inUse ? 'it is in use' : error.message}`,
    {
      field: inUse ? 'http.port' : 'http.host',
      value: inUse ? String(port) : host,
      remedy: inUse
        ? 'End what listens there, or choose another port (0 takes a free one).'
        : 'Use an address of this machine.',
      cause: error,
    },
  );
}
