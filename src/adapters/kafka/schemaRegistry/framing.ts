import type { LogRecord, OutgoingRecord } from '../../../domain/record.js';

/** Frames values on their way to Kafka, and removes the frames on their way back. */
export interface Framing {
  /** Never throws: a value with no or an invalid frame stays unchanged. */
  read(record: LogRecord): LogRecord;
  write(record: OutgoingRecord): OutgoingRecord;
}

/** The wire format of Confluent's serialisers: a zero, the id of the schema as 4 bytes big-endian, then the JSON. */
const MAGIC = 0;
const HEAD_BYTES = 5;
const JSON_TYPE = 'application/json';

/**
 * Reads JSON values with and without the id of a schema before them (JSON never begins with a zero byte, so they
 * cannot be confused), and writes the id before values of topics that have a schema. Other content types stay
 * unchanged.
 * @param idOf the schema id of a topic
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
