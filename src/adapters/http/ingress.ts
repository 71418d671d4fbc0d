import { decodeCommand, decodeQuery, decodeSample } from '../../domain/cloudEvents.js';
import type { LogRecord, OutgoingRecord } from '../../domain/record.js';
import type { Topics } from '../../domain/topics.js';
import { eventHeaders } from './headers.js';

/** What can be sent by HTTP. */
export const INGRESS_ROLES = ['samples', 'queries', 'commands'] as const;
export type IngressRole = (typeof INGRESS_ROLES)[number];

interface Ingress {
  readonly type: string;
  /** The message's id, and the key of its record where it is not that of all commands. */
  readonly read: (record: LogRecord) => { readonly id: string; readonly key?: string };
}

const INGRESS: Readonly<Record<IngressRole, Ingress>> = {
  samples: {
    type: 'lethe.sample',
    read: (record) => {
      const { id, label } = decodeSample(record);
      return { id, key: label };
    },
  },
  queries: {
    type: 'lethe.query',
    read: (record) => {
      const { id } = decodeQuery(record);
      return { id, key: id };
    },
  },
  commands: { type: 'lethe.command', read: (record) => ({ id: decodeCommand(record).id }) },
};

/** A message that was checked, ready for the log. */
export interface Received {
  readonly id: string;
  readonly record: OutgoingRecord;
}

/**
 * The record for a request in the binary mode of CloudEvents' HTTP binding. Attributes that a message can do without
 * may be left out: an id is drawn, the time is now, type and source follow from the route.
 * @throws LetheError as the decoders of src/domain/cloudEvents.ts do, which read it as they read what comes from Kafka
 */
export function receive(
  role: IngressRole,
  request: { readonly headers: Headers; readonly body: Buffer },
  { topics, modelName }: { readonly topics: Topics; readonly modelName: string },
): Received {
  const { type, read } = INGRESS[role];
  const headers = {
    ce_id: crypto.randomUUID(),
    ce_type: type,
    ce_source: '/lethe/http',
    ce_specversion: '1.0',
    ce_time: new Date().toISOString(),
    ...eventHeaders(request.headers),
    ...traceHeaders(request.headers),
  };
  const topic = topics[role];
  const record = { topic, key: null, value: request.body, headers };
  const { id, key = modelName } = read({ ...record, partition: 0, offset: 0n, timestamp: 0 });
  return { id, record: { ...record, key, headers: { ...headers, ce_id: id } } };
}

/** The trace that the request is part of (W3C Trace Context) is that of the record. */
function traceHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    ['traceparent', 'tracestate'].flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}
