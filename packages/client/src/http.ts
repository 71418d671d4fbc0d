/** `lethe-client/http`: a client of a running Lethe over HTTP. */

import { createGatewayClient } from 'lethe/internal/adapters/http/client.js';
import type { Door } from 'lethe/internal/following/door.js';
import { untilRoom } from 'lethe/internal/following/untilRoom.js';
import { from, lastValueFrom, mergeMap } from 'rxjs';
import type { LetheClient } from './api.js';
import { createClient } from './client.js';

export * from './index.js';

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
