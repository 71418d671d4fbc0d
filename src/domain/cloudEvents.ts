/** Messages to records and back, as CloudEvents 1.0 in binary content mode (DESIGN section 3). */
import type { CloudEventV1 } from 'cloudevents';
import { z } from 'zod';
import { sha256 } from './auditChain.js';
import { toCloudEvent, toRecord } from './cloudevents/envelope.js';
import { decodePayload, encodePayload } from './cloudevents/payload.js';
import { TYPES } from './cloudevents/types.js';
import { LetheError } from './errors.js';
import { COMMAND_KINDS, type Command, commandBodySchema } from './messages/command.js';
import { idSchema } from './messages/common.js';
import { eventSchema, type LetheEvent } from './messages/event.js';
import { type ModelVersion, modelVersionSchema } from './messages/model.js';
import { type Prediction, predictionSchema } from './messages/prediction.js';
import { type Query, querySchema } from './messages/query.js';
import { type Sample, sampleSchema } from './messages/sample.js';
import type { LogRecord, OutgoingRecord } from './record.js';
import { parseOrRefuse } from './refusal.js';
import { shownJson } from './shownJson.js';
import type { Topics } from './topics.js';

const JSON_TYPE = 'application/json';

/** What the headers alone carry; the payload is decoded by its content type. */
const sampleAttributes = sampleSchema.omit({ payload: true });
const queryAttributes = querySchema.omit({ payload: true });
const commandAttributes = z.object({ id: idSchema });

/** The kind alone: what is looked at before the rest of a command. */
const commandKindSchema = z.looseObject({ kind: z.unknown().optional() });

/** A sample for the samples topic, keyed by its label. */
export function encodeSample(sample: Sample, topics: Topics): OutgoingRecord {
  const { id, label, task, subject, payload } = sample;
  return toRecord({
    topic: topics.samples,
    key: label,
    id,
    type: TYPES.sample,
    source: '/lethe/samples',
    ...(subject !== undefined && { subject }),
    ...encodePayload(payload),
    extensions: { label, task },
  });
}

/** A query for the queries topic, keyed by its id. */
export function encodeQuery(query: Query, topics: Topics): OutgoingRecord {
  const { id, truth, payload } = query;
  return toRecord({
    topic: topics.queries,
    key: id,
    id,
    type: TYPES.query,
    source: '/lethe/queries',
    ...encodePayload(payload),
    extensions: { truth },
  });
}

/**
 * A command for the commands topic, keyed by the model's name, so that all commands of a model are in one order.
 * @param actor who asks for it, as the audit chain tells
 */
export function encodeCommand(
  { id, ...body }: Command,
  modelName: string,
  topics: Topics,
  actor?: string,
): OutgoingRecord {
  return toRecord({
    topic: topics.commands,
    key: modelName,
    id,
    type: TYPES.command,
    source: '/lethe/commands',
    ...asJson(body),
    extensions: { actor },
  });
}

/** A prediction for the predictions topic, keyed by the query's id. */
export function encodePrediction(prediction: Prediction, topics: Topics): OutgoingRecord {
  return toRecord({
    topic: topics.predictions,
    key: prediction.queryId,
    id: prediction.queryId,
    type: TYPES.prediction,
    source: '/lethe/predictions',
    ...asJson(prediction),
  });
}

/** An event for the events topic, keyed by the model's name; its type is `lethe.event.<kind>`. */
export function encodeEvent(event: LetheEvent, modelName: string, topics: Topics): OutgoingRecord {
  return toRecord({
    topic: topics.events,
    key: modelName,
    id: crypto.randomUUID(),
    type: `${TYPES.event}.${event.kind}`,
    source: '/lethe/events',
    ...asJson(event),
  });
}

/** A model version for the compacted models topic, keyed by the model's name. */
export function encodeModelVersion(model: ModelVersion, modelName: string, topics: Topics): OutgoingRecord {
  return toRecord({
    topic: topics.models,
    key: modelName,
    id: model.version,
    type: TYPES.model,
    source: '/lethe/models',
    ...asJson(model),
  });
}

/** A record of the audit chain, with its hash beside it. */
export function encodeAuditRecord(
  value: Buffer,
  sequence: number,
  modelName: string,
  topics: Topics,
): OutgoingRecord {
  return toRecord({
    topic: topics.audit,
    key: modelName,
    id: `${modelName}-${sequence}`,
    type: TYPES.audit,
    source: '/lethe/audit',
    contentType: JSON_TYPE,
    data: value,
    extensions: { sha256: sha256(value) },
  });
}

/** The hash that was written beside a record of the audit chain. */
export function auditHashOf(record: LogRecord): string | undefined {
  return record.headers.ce_sha256;
}

/** Who asks for a command, as its sender says; null where the sender does not say. */
export function actorOf(record: LogRecord): string | null {
  return record.headers.ce_actor ?? null;
}

/**
 * @throws LetheError `invalid-message` (envelope, id, label, task), `empty-payload`, `unsupported-format`, `invalid-vector`
 */
export function decodeSample(record: LogRecord): Sample {
  const event = eventOfType(record, TYPES.sample);
  const { id, label, task, subject, datacontenttype, data } = event;
  const attributes = parseOrRefuse(
    sampleAttributes,
    { id, label, task, subject },
    {
      code: 'invalid-message',
      subject: 'the sample',
      remedy:
        'Send the class as the extension attribute "label" (header ce_label) and the task as "task" (ce_task).',
    },
  );
  return { ...attributes, payload: decodePayload(datacontenttype, data) };
}

/** The task that a sample's record names, even where the rest of it can't be read. */
export function taskOf(record: LogRecord): string | undefined {
  return record.headers.ce_task || undefined;
}

/** The class that a sample's record names, even where the rest of it can't be read. */
export function labelOf(record: LogRecord): string | undefined {
  return record.headers.ce_label || undefined;
}

/** @throws LetheError `invalid-message` (envelope, id, truth), `empty-payload`, `unsupported-format`, `invalid-vector` */
export function decodeQuery(record: LogRecord): Query {
  const event = eventOfType(record, TYPES.query);
  const { id, truth, datacontenttype, data } = event;
  const attributes = parseOrRefuse(
    queryAttributes,
    { id, truth },
    {
      code: 'invalid-message',
      subject: 'the query',
      remedy:
        'Send an id of at most 200 characters; the true label, if known, as the extension attribute "truth".',
    },
  );
  return { ...attributes, payload: decodePayload(datacontenttype, data) };
}

/** @throws LetheError `unknown-command`, `invalid-message` (envelope, id or the command's fields), `empty-payload` */
export function decodeCommand(record: LogRecord): Command {
  const event = eventOfType(record, TYPES.command);
  const refusal = {
    code: 'invalid-message',
    subject: 'the command',
    remedy:
      'Send {"kind":"learn","task":…,"classes":[…],"samples":…}, {"kind":"unlearn","classes":[…]} (or "examples") ' +
      'or {"kind":"relearn","classes":[…]} or {"kind":"erase","classes":[…]}.',
  } as const;
  const id = parseOrRefuse(commandAttributes, { id: event.id }, refusal).id;
  const data = jsonOf(event, 'the command');
  const { kind } = parseOrRefuse(commandKindSchema, data, { ...refusal, prefix: 'data.' });
  if (!COMMAND_KINDS.some((known) => known === kind)) {
    throw new LetheError(
      'unknown-command',
      kind === undefined ? 'the command names no kind' : `there is no command ${shortened(shownJson(kind))}`,
      {
        field: 'data.kind',
        value: kind === undefined ? '(missing)' : typeof kind === 'string' ? kind : shownJson(kind),
        remedy: `Send one of ${COMMAND_KINDS.join(', ')}.`,
      },
    );
  }
  return { id, ...parseOrRefuse(commandBodySchema, data, { ...refusal, prefix: 'data.' }) };
}

/** @throws LetheError `invalid-message` */
export function decodePrediction(record: LogRecord): Prediction {
  return decodeJson(record, TYPES.prediction, predictionSchema, 'the prediction');
}

/** @throws LetheError `invalid-message` */
export function decodeEvent(record: LogRecord): LetheEvent {
  return decodeJson(record, TYPES.event, eventSchema, 'the event');
}

/** @throws LetheError `invalid-message` */
export function decodeModelVersion(record: LogRecord): ModelVersion {
  return decodeJson(record, TYPES.model, modelVersionSchema, 'the model version');
}

function decodeJson<S extends z.ZodType>(
  record: LogRecord,
  type: string,
  schema: S,
  subject: string,
): z.infer<S> {
  return parseOrRefuse(schema, jsonOf(eventOfType(record, type), subject), {
    code: 'invalid-message',
    subject,
    remedy: 'Only Lethe itself writes this topic; check who else does.',
    prefix: 'data.',
  });
}

/** A message goes into headers and logs, whatever was sent. */
function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

function asJson(value: unknown): { contentType: string; data: Buffer } {
  return { contentType: JSON_TYPE, data: Buffer.from(JSON.stringify(value)) };
}

function jsonOf({ datacontenttype, data }: CloudEventV1<unknown>, subject: string): unknown {
  if (datacontenttype?.startsWith(JSON_TYPE)) return data;
  throw new LetheError('unsupported-format', `${subject} is not JSON`, {
    field: 'datacontenttype',
    value: datacontenttype ?? '(missing)',
    remedy: `Send it as ${JSON_TYPE}.`,
  });
}

/** The record's CloudEvent; refused if it is of another type than this topic's. */
function eventOfType(record: LogRecord, type: string): CloudEventV1<unknown> {
  const event = toCloudEvent(record);
  if (event.type === type || event.type.startsWith(`${type}.`)) return event;
  throw new LetheError('invalid-message', `a CloudEvent of type ${event.type} does not belong here`, {
    field: 'type',
    value: event.type,
    remedy: `Send the type ${type} to the topic ${record.topic}.`,
  });
}
