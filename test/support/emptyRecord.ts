import type { LogRecord } from '../../src/domain/record.js';

/** A record that says nothing, for what is about something else. */
export const EMPTY_RECORD: LogRecord = {
  topic: 'queries',
  partition: 0,
  offset: 0n,
  key: null,
  value: Buffer.alloc(0),
  headers: {},
  timestamp: 0,
};
