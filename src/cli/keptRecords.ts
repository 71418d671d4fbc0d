import { EMPTY, lastValueFrom, timeout, toArray } from 'rxjs';
import type { LogRecord } from '../domain/record.js';
import type { GatewayClient } from '../streams/transports/http/client.js';
import type { TailRole } from '../streams/transports/http/gateway.js';

/** When nothing more comes for so long, all that is kept was read: a consumer group needs a moment to begin. */
const IDLE_MS = 3000;

/** Everything that a topic keeps, oldest first. */
export async function keptRecords(client: GatewayClient, role: TailRole): Promise<LogRecord[]> {
  const records = await client.tail(role, 'earliest', 'whole');
  return lastValueFrom(records.pipe(timeout({ each: IDLE_MS, with: () => EMPTY }), toArray()));
}
