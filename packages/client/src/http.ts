/** `lethe-client/http`: a client of a running Lethe over HTTP. */

import { createGatewayClient } from 'lethe/internal/adapters/http/client.js';
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

/** A client over HTTP; connects when it is used. */
export function createHttpClient(options: HttpClientOptions): LetheClient {
  return createClient(createGatewayClient(options));
}
