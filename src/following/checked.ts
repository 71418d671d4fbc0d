import type { LogRecord, OutgoingRecord } from '../domain/record.js';

/**
 * The record, once it was read as Lethe will read it: what would become a dead letter is refused before it is sent.
 * @throws LetheError what `decode` throws
 */
export function checked(record: OutgoingRecord, decode: (record: LogRecord) => unknown): OutgoingRecord {
  decode({ ...record, partition: 0, offset: 0n, timestamp: 0 });
  return record;
}
