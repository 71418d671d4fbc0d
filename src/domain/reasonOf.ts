import { LetheError } from './errors.js';
import { deadLetterHeadersSchema } from './messages/deadLetter.js';
import type { LogRecord } from './record.js';

/** The reason that a dead letter carries; undefined for a record of another topic. */
export function reasonOf(record: LogRecord): LetheError | undefined {
  const headers = deadLetterHeadersSchema.safeParse(record.headers);
  if (!headers.success) return undefined;
  return new LetheError(headers.data['lethe-reason'], headers.data['lethe-message'], {
    remedy: headers.data['lethe-remedy'],
  });
}
