import { z } from 'zod';
import { isJson, mediaTypeOf } from '../../domain/cloudevents/mediaType.js';
import {
  type EncodedPayload,
  encodePayload,
  parsedJson,
  vectorOfJson,
} from '../../domain/cloudevents/payload.js';
import { LetheError } from '../../domain/errors.js';
import { TEXT_TYPE } from '../../domain/messages/payload.js';
import { parseOrRefuse } from '../../domain/refusal.js';
import { shownJson } from '../../domain/shownJson.js';
import type { IncomingEvent } from './ingress.js';

/** Largest number of queries in one request. */
export const MOST_IN_BATCH = 256;
/** CloudEvents 1.0.2, JSON format, section 4, and HTTP binding, section 3.3. */
export const BATCH_TYPE = 'application/cloudevents-batch+json';
/** CloudEvents 1.0.2, section "Naming Conventions". */
const ATTRIBUTE_NAME = /^[a-z0-9]+$/;
const JSON_TYPE = 'application/json';

/** A query of a batch, in the JSON format of CloudEvents. The route supplies attributes that are absent. */
export const structuredQuerySchema = z.looseObject({
  id: z.string().optional(),
  type: z.string().optional(),
  source: z.string().optional(),
  specversion: z.literal('1.0').optional(),
  time: z.string().optional(),
  truth: z.string().optional(),
  /** Default `application/json`: `data` is a vector. With `text/plain` it is a text. */
  datacontenttype: z.string().optional(),
  data: z.union([z.array(z.number()).min(1), z.string().min(1)]).optional(),
  data_base64: z.base64().min(1).optional(),
});
export const batchSchema = z.array(structuredQuerySchema).min(1).max(MOST_IN_BATCH);

const REFUSED_BATCH = {
  code: 'invalid-message',
  subject: 'the batch',
  remedy: `Send a JSON array of 1 to ${MOST_IN_BATCH} queries as CloudEvents in the JSON format.`,
} as const;
const REFUSED_EVENT = {
  code: 'invalid-message',
  subject: 'the query',
  remedy:
    'Send a CloudEvent in the JSON format: {"id": …, "data": [0.1, …]} for a vector, {"id": …, "datacontenttype": "text/plain", "data": "…"} for a text, or {"id": …, "datacontenttype": "image/png", "data_base64": …} for an image.',
} as const;

/** Whether a request contains a batch. */
export function isBatch(contentType: string | null): boolean {
  return mediaTypeOf(contentType ?? undefined) === BATCH_TYPE;
}

/**
 * The members of a batch, not validated yet: each is accepted or refused separately.
 * @throws LetheError `empty-payload` or `invalid-message` if the body is no batch
 */
export function membersOf(body: Buffer): readonly unknown[] {
  if (body.length === 0) {
    throw new LetheError('empty-payload', 'the request has no body', {
      field: 'body',
      value: '0 bytes',
      remedy: REFUSED_BATCH.remedy,
    });
  }
  const members = z.array(z.unknown()).min(1).max(MOST_IN_BATCH);
  return parseOrRefuse(members, parsedJson(body), REFUSED_BATCH);
}

/** The id that a member names, unchanged, even if the rest of the member is unreadable. */
export function idIn(member: unknown): string | undefined {
  const named = z.object({ id: z.string().min(1).max(200) }).safeParse(member);
  return named.success ? named.data.id : undefined;
}

/**
 * A member of a batch as an event in binary mode. A vector is converted to float32.
 * @throws LetheError `invalid-message`, `empty-payload`, `invalid-vector`
 */
export function eventOf(member: unknown): IncomingEvent {
  const { datacontenttype, data, data_base64, ...attributes } = parseOrRefuse(
    memberSchema,
    member,
    REFUSED_EVENT,
  );
  const payload = payloadOf(datacontenttype ?? JSON_TYPE, data ?? undefined, data_base64 ?? undefined);
  const headers: Record<string, string> = { 'content-type': payload.contentType };
  for (const [name, value] of Object.entries(attributes)) {
    // Null is the same as absent (JSON format, section 2.2).
    if (value !== null) headers[`ce_${nameOf(name)}`] = textOf(name, value);
  }
  return { headers, data: payload.data };
}

const memberSchema = z.looseObject({
  datacontenttype: z.string().nullish(),
  data: z.unknown().optional(),
  data_base64: z.base64().nullish(),
});

function payloadOf(contentType: string, data: unknown, base64: string | undefined): EncodedPayload {
  if (data !== undefined && base64 !== undefined)
    throw invalid('data', 'the query has data and data_base64', 'Send one of them.');
  if (base64 !== undefined) return { contentType, data: Buffer.from(base64, 'base64') };
  if (data === undefined) {
    throw new LetheError('empty-payload', 'the query has no data', {
      field: 'data',
      remedy: REFUSED_EVENT.remedy,
    });
  }
  if (mediaTypeOf(contentType) === TEXT_TYPE && typeof data === 'string')
    return { contentType: TEXT_TYPE, data: Buffer.from(data) };
  if (!isJson(contentType))
    throw invalid('data', `data of the type ${contentType} is not supported`, 'Send it as data_base64.');
  return encodePayload({ kind: 'vector', vector: vectorOfJson(data) });
}

function nameOf(name: string): string {
  if (ATTRIBUTE_NAME.test(name)) return name;
  throw invalid(name, 'the name of an attribute is not valid', 'Use lower-case letters and digits only.');
}

/** The canonical text of a value (CloudEvents 1.0.2, section "Type System"). */
function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value);
  throw invalid(name, `the attribute ${name} is no text`, 'Send a string.', shownJson(value));
}

function invalid(field: string, message: string, remedy: string, value?: string): LetheError {
  return new LetheError('invalid-message', message, { field, value, remedy });
}
