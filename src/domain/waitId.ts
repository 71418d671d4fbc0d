import type { LogRecord } from './record.js';

/**
 * The header by which a request of the gateway that waits finds what came of its message, whichever worker made it. Ids of
 * messages are their producers': two may have the same, and one may be sent twice.
 */
export const WAIT_ID = 'ce_waitid';

/** The waiting request that a record belongs to; undefined where none waits. */
export function waitIdOf({ headers }: Pick<LogRecord, 'headers'>): string | undefined {
  return headers[WAIT_ID];
}
