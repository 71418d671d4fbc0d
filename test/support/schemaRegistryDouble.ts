import { Hono } from 'hono';
import { listen } from '../../src/adapters/http/server.js';

/**
 * A TEST DOUBLE, not a registry: it answers as one that asks for a user, or is overloaded, which Apicurio Registry (the real
 * one of these tests) can't be made to be without further servers. It gives every schema the same id.
 */
export interface SchemaRegistryDouble {
  readonly url: string;
  /** What was asked so far, as `POST /subjects/…`. */
  readonly requests: readonly string[];
}

export interface DoubleOptions {
  /** Asked by basic authentication. */
  readonly user?: { readonly name: string; readonly password: string };
  /** So many requests are answered with 503 first. */
  readonly busy?: number;
}

export async function startSchemaRegistryDouble(
  options: DoubleOptions,
): Promise<SchemaRegistryDouble & { close(): Promise<void> }> {
  const requests: string[] = [];
  let busy = options.busy ?? 0;
  const api = new Hono();
  api.post('/subjects/:subject/versions', ({ req, json }) => {
    requests.push(`${req.method} ${req.path}`);
    if (busy-- > 0) return json({ error_code: 50301, message: 'starting' }, 503);
    if (options.user && req.header('authorization') !== basic(options.user)) {
      return json({ error_code: 401, message: 'Unauthorized' }, 401);
    }
    return json({ id: 1 });
  });
  const { url, close } = await listen(api, { host: '127.0.0.1', port: 0 });
  return { url, requests, close };
}

function basic({ name, password }: { readonly name: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}
