import type { LogRecord, OutgoingRecord } from '../../../domain/record.js';

/** How values are wrapped on their way to Kafka, and unwrapped on their way back. */
export interface Framing {
  /** Never throws: a value that is not wrapped, or badly, is left as it is. */
  read(record: LogRecord): LogRecord;
  write(record: OutgoingRecord): OutgoingRecord;
}

/** The wire format of Confluent's serialisers: a zero, the id of the schema as 4 bytes big-endian, then the JSON. */
const MAGIC = 0;
const HEAD_BYTES = 5;
const JSON_TYPE = 'application/json';

/**
 * Reads JSON values with and without the id of a schema before them (no JSON begins with a zero byte, so they can't be
 * mistaken), and writes the id before those of the topics that have one. Other content types are left alone.
 * @param idOf the id of a topic's schema
 */
export function schemaFraming(idOf: ReadonlyMap<string, number>): Framing {
  return {
    read: (record) => (isFramed(record) ? { ...record, value: record.value.subarray(HEAD_BYTES) } : record),
    write(record) {
      const id = idOf.get(record.topic);
      if (id === undefined || !isJson(record)) return record;
      const head = Buffer.alloc(HEAD_BYTES, MAGIC);
      head.writeUInt32BE(id, 1);
      return { ...record, value: Buffer.concat([head, record.value]) };
    },
  };
}

function isFramed(record: LogRecord): boolean {
  return isJson(record) && record.value.length > HEAD_BYTES && record.value[0] === MAGIC;
}

function isJson({ headers }: OutgoingRecord): boolean {
  return headers['content-type']?.startsWith(JSON_TYPE) ?? false;
}
