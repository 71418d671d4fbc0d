import { map, type OperatorFunction } from 'rxjs';
import { toLetheError } from '../domain/errors.js';
import type { LogRecord } from '../domain/record.js';
import { accepted, type Flow, rejected } from './flow.js';
import { type Probe, timed } from './probe.js';

/**
 * Parses records into messages; refuses what cannot be parsed, with the reason.
 * @param parse throws a LetheError that names the field, the value and the remedy
 */
export function decode<T>(
  parse: (record: LogRecord) => T,
  probe: Probe,
): OperatorFunction<LogRecord, Flow<T>> {
  return map((record) => {
    if (record.refused) return rejected(record.refused, record);
    try {
      return accepted(
        timed(probe, 'decode', record, () => parse(record)),
        record,
      );
    } catch (error) {
      return rejected(toLetheError(error, 'invalid-message'), record);
    }
  });
}
