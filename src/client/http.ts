import pRetry from 'p-retry';
import { from, lastValueFrom, mergeMap } from 'rxjs';
import { createGatewayClient } from '../adapters/http/client.js';
import { LetheError } from '../domain/errors.js';
import { createClient, type LetheClient } from './client.js';
import type { Door } from './door.js';

/** Where the gateway of a running Lethe is. */
export interface HttpClientOptions {
  /** e.g. `http://127.0.0.1:7070` */
  readonly url: string;
  /** The token that it asks for, where it does. */
  readonly token?: string;
  /** Who gives the commands, as the audit chain tells. */
  readonly actor?: string;
  /** Requests at a time. */
  readonly concurrency?: number;
}

const CONCURRENCY = 8;
/** How long a message is offered again to a gateway that is starting, or has no room. */
const PATIENCE = {
  minTimeout: 100,
  maxTimeout: 1000,
  maxRetryTime: 30_000,
  retries: Number.POSITIVE_INFINITY,
};

/** A client over HTTP; connects when it is used. */
export function createHttpClient({ concurrency = CONCURRENCY, ...options }: HttpClientOptions): LetheClient {
  const gateway = createGatewayClient(options);
  const door: Door = {
    topics: gateway.topics,
    actor: gateway.actor,
    tail: (role) => gateway.tail(role),
    ask: (record, waiting) => untilRoom(() => gateway.ask(record, waiting)),
    publish: (records) =>
      lastValueFrom(
        from(records).pipe(mergeMap((record) => untilRoom(() => gateway.publish([record])), concurrency)),
        { defaultValue: undefined },
      ),
  };
  return createClient(door);
}

/** Sends, and sends again for a while where there is no room yet. */
export function untilRoom<T>(send: () => Promise<T>): Promise<T> {
  const shouldRetry = ({ error }: { readonly error: Error }): boolean =>
    error instanceof LetheError && error.code === 'overloaded';
  return pRetry(send, { ...PATIENCE, shouldRetry });
}
