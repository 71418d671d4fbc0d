import { LetheError } from '../domain/errors.js';
import { deadLetterHeadersSchema } from '../domain/messages/deadLetter.js';
import type { LogRecord } from '../domain/record.js';

/** The reason that a dead letter carries; undefined for a prediction. */
export function refusalOf(record: LogRecord): LetheError | undefined {
  const headers = deadLetterHeadersSchema.safeParse(record.headers);
  if (!headers.success) return undefined;
  return new LetheError(headers.data['lethe-reason'], headers.data['lethe-message'], {
    remedy: headers.data['lethe-remedy'],
  });
}
