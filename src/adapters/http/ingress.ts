import { decodeCommand, decodeQuery, decodeSample } from '../../domain/cloudEvents.js';
import type { Command } from '../../domain/messages/command.js';
import type { Query } from '../../domain/messages/query.js';
import type { Sample } from '../../domain/messages/sample.js';
import type { LogRecord, OutgoingRecord } from '../../domain/record.js';
import type { Topics } from '../../domain/topics.js';
import { TRACE_HEADERS } from '../../domain/traceHeaders.js';
import { WAIT_ID } from '../../domain/waitId.js';
import { eventHeaders } from './headers.js';

/** Messages that HTTP accepts. */
export const INGRESS_ROLES = ['samples', 'queries', 'commands'] as const;
export type IngressRole = (typeof INGRESS_ROLES)[number];

/** A message from HTTP. */
export type Incoming =
  | { readonly role: 'samples'; readonly message: Sample }
  | { readonly role: 'queries'; readonly message: Query }
  | { readonly role: 'commands'; readonly message: Command };

const TYPES: Readonly<Record<IngressRole, string>> = {
  samples: 'lethe.sample',
  queries: 'lethe.query',
  commands: 'lethe.command',
};

/** A validated message, ready for the log. */
export interface Received {
  readonly incoming: Incoming;
  readonly record: OutgoingRecord;
}

/** A received event: its attributes as the headers of a record, and its data. */
export interface IncomingEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Buffer;
}

/** What the record of a message needs in addition. */
export interface Receiving {
  readonly topics: Topics;
  /** Key of commands. */
  readonly modelName: string;
}

/**
 * The record for an event. Optional attributes have defaults: a random id, the current time, type and source of the
 * route.
 * @param waitId of the request that waits for the result
 * @throws LetheError like the decoders of src/domain/cloudEvents.ts, which also decode records from Kafka
 */
export function receive(
  role: IngressRole,
  event: IncomingEvent,
  { topics, modelName }: Receiving,
  waitId?: string,
): Received {
  // Nobody is to be taken for a request that waits.
  const { [WAIT_ID]: _, ...given } = event.headers;
  const headers: Record<string, string> = {
    ce_id: crypto.randomUUID(),
    ce_type: TYPES[role],
    ce_source: '/lethe/http',
    ce_specversion: '1.0',
    ce_time: new Date().toISOString(),
    ...given,
    ...(waitId !== undefined && { [WAIT_ID]: waitId }),
  };
  const record = { topic: topics[role], key: null, value: event.data, headers };
  const incoming = read(role, { ...record, partition: 0, offset: 0n, timestamp: 0 });
  const { id } = incoming.message;
  return {
    incoming,
    record: { ...record, key: keyOf(incoming, modelName), headers: { ...headers, ce_id: id } },
  };
}

function read(role: IngressRole, record: LogRecord): Incoming {
  switch (role) {
    case 'samples':
      return { role, message: decodeSample(record) };
    case 'queries':
      return { role, message: decodeQuery(record) };
    case 'commands':
      return { role, message: decodeCommand(record) };
  }
}

function keyOf({ role, message }: Incoming, modelName: string): string {
  if (role === 'samples') return message.label;
  return role === 'queries' ? message.id : modelName;
}

/** The event of a request in the binary mode of CloudEvents' HTTP binding. @throws LetheError `invalid-message` */
export function eventOfRequest(headers: Headers, data: Buffer): IncomingEvent {
  return { headers: { ...eventHeaders(headers), ...traceHeaders(headers) }, data };
}

/** The trace of the request (W3C Trace Context), for the record. */
export function traceHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    TRACE_HEADERS.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}
