import { LetheError } from '../domain/errors.js';

/** What every event log answers once it is closed. */
export function closedError(): LetheError {
  return new LetheError('overloaded', 'the event log is closed', {
    remedy: 'Lethe is shutting down. Send the same request again after its restart.',
    retriable: true,
  });
}
