import { type CloudEventV1, HTTP } from 'cloudevents';
import { decodeCommand, decodeQuery, decodeSample } from '../../../domain/cloudEvents.js';
import { recordOf } from '../../../domain/cloudevents/envelope.js';
import { LetheError } from '../../../domain/errors.js';
import type { LogRecord, OutgoingRecord } from '../../../domain/record.js';
import type { Topics } from '../../../domain/topics.js';
import { eventHeaders } from './headers.js';

/** What can be sent by HTTP. */
export const INGRESS_ROLES = ['samples', 'queries', 'commands'] as const;
export type IngressRole = (typeof INGRESS_ROLES)[number];

interface Ingress {
  readonly type: string;
  readonly keyOf: (event: CloudEventV1<unknown>, modelName: string) => string;
  readonly check: (record: LogRecord) => unknown;
}

const INGRESS: Readonly<Record<IngressRole, Ingress>> = {
  samples: { type: 'lethe.sample', keyOf: (event) => String(event.label ?? ''), check: decodeSample },
  queries: { type: 'lethe.query', keyOf: (event) => event.id, check: decodeQuery },
  commands: { type: 'lethe.command', keyOf: (_, modelName) => modelName, check: decodeCommand },
};

/** A message that was checked, ready for the log. */
export interface Received {
  readonly id: string;
  readonly record: OutgoingRecord;
}

/**
 * The record for a request in the binary mode of CloudEvents' HTTP binding. Attributes that a message can do without
 * may be left out: an id is drawn, type and source follow from the route.
 * @throws LetheError as the decoders of src/domain/cloudEvents.ts do
 */
export function receive(
  role: IngressRole,
  request: { readonly headers: Headers; readonly body: Buffer },
  { topics, modelName }: { readonly topics: Topics; readonly modelName: string },
): Received {
  const { type, keyOf, check } = INGRESS[role];
  const headers = {
    'ce-id': crypto.randomUUID(),
    'ce-type': type,
    'ce-source': '/lethe/http',
    'ce-specversion': '1.0',
    ...eventHeaders(request.headers),
  };
  const event = eventOf(headers, request.body);
  const envelope = recordOf(event, topics[role], keyOf(event, modelName));
  const record = { ...envelope, headers: { ...envelope.headers, ...traceHeaders(request.headers) } };
  check({ ...record, partition: 0, offset: 0n, timestamp: 0 });
  return { id: event.id, record };
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

function eventOf(headers: Record<string, string>, body: Buffer): CloudEventV1<unknown> {
  if (headers['content-type']?.startsWith('application/cloudevents')) {
    throw new LetheError('unsupported-format', 'structured and batched CloudEvents are not read', {
      field: 'content-type',
      value: headers['content-type'],
      remedy: 'Send attributes as ce-* headers and the payload as the body (binary mode).',
    });
  }
  try {
    const event = HTTP.toEvent<unknown>({ headers, body });
    if (!Array.isArray(event)) return event;
    throw new TypeError('a batch of events');
  } catch (error) {
    throw new LetheError(
      'invalid-message',
      `the headers are no CloudEvent: ${error instanceof Error ? error.message : error}`,
      {
        field: 'headers',
        remedy: 'Send CloudEvents 1.0 attributes as ce-* headers; ce-time, if at all, as RFC 3339.',
        cause: error,
      },
    );
  }
}
