import pRetry from 'p-retry';
import { LetheError } from '../../domain/errors.js';

/** How long a message is offered again to a gateway that is starting, or has no room. */
const PATIENCE = {
  minTimeout: 100,
  maxTimeout: 1000,
  maxRetryTime: 30_000,
  retries: Number.POSITIVE_INFINITY,
};

/** Sends, and sends again for a while where there is no room yet. */
export function untilRoom<T>(send: () => Promise<T>): Promise<T> {
  const shouldRetry = ({ error }: { readonly error: Error }): boolean =>
    error instanceof LetheError && error.code === 'overloaded';
  return pRetry(send, { ...PATIENCE, shouldRetry });
}
