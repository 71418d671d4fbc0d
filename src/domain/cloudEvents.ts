/** Messages to records and back, as CloudEvents 1.0 in binary content mode. */
import { z } from 'zod';
import { type ReceivedEvent, toCloudEvent, toRecord } from './cloudevents/envelope.js';
import { isJson } from './cloudevents/mediaType.js';
import { decodePayload, encodePayload, parsedJson } from './cloudevents/payload.js';
import { TYPES } from './cloudevents/types.js';
import { LetheError } from './errors.js';
import { COMMAND_KINDS, type Command, commandBodySchema } from './messages/command.js';
import { idSchema, taskNameSchema } from './messages/common.js';
import { eventSchema, type LetheEvent } from './messages/event.js';
import { type ModelVersion, modelVersionSchema } from './messages/model.js';
import { type Prediction, predictionSchema } from './messages/prediction.js';
import { type Query, querySchema } from './messages/query.js';
import { type Sample, sampleSchema } from './messages/sample.js';
import { spelled } from './normalForm.js';
import type { LogRecord, OutgoingRecord } from './record.js';
import { parseOrRefuse } from './refusal.js';
import { shownJson } from './shownJson.js';
import type { Topics } from './topics.js';
import { WAIT_ID } from './waitId.js';

const JSON_TYPE = 'application/json';

/** What the headers alone carry; the payload is decoded by its content type. */
const sampleAttributes = sampleSchema.omit({ payload: true });
const queryAttributes = querySchema.omit({ payload: true });
const commandAttributes = z.object({ id: idSchema });

/** The error for broken attributes: the same when writing and when reading. */
const REFUSED_SAMPLE = {
  code: 'invalid-message',
  subject: 'the sample',
  remedy:
    'Send an id, the class as the extension attribute "label" (header ce_label) and the task as "task" (ce_task), at most ' +
    '200 visible characters each.',
} as const;
const REFUSED_QUERY = {
  code: 'invalid-message',
  subject: 'the query',
  remedy:
    'Send an id of at most 200 visible characters; and the true label, if you know it, as the extension attribute ' +
    '"truth".',
} as const;
const REFUSED_COMMAND = {
  code: 'invalid-message',
  subject: 'the command',
  remedy:
    'Send {"kind":"learn","task":…,"classes":[…],"samples":…}, {"kind":"unlearn","classes":[…]} (or "examples") ' +
    'or {"kind":"relearn","classes":[…]} or {"kind":"erase","classes":[…]}.',
} as const;

/** The kind alone, which is read before the rest of a command. */
const commandKindSchema = z.looseObject({ kind: z.unknown().optional() });

/**
 * A sample for the samples topic, keyed by its label.
 * @throws LetheError `invalid-message` where a name is none, as {@link decodeSample} does
 */
export function encodeSample({ payload, ...sample }: Sample, topics: Topics): OutgoingRecord {
  const { id, label, task, subject } = parseOrRefuse(sampleAttributes, sample, REFUSED_SAMPLE);
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

/**
 * A query for the queries topic, keyed by its id.
 * @throws LetheError `invalid-message` where a name is none, as {@link decodeQuery} does
 */
export function encodeQuery({ payload, ...query }: Query, topics: Topics): OutgoingRecord {
  const { id, truth } = parseOrRefuse(queryAttributes, query, REFUSED_QUERY);
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
 * @throws LetheError `invalid-message` where its id is none, as {@link decodeCommand} does
 */
export function encodeCommand(
  { id: given, ...body }: Command,
  modelName: string,
  topics: Topics,
  actor?: string,
): OutgoingRecord {
  const { id } = parseOrRefuse(commandAttributes, { id: given }, REFUSED_COMMAND);
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

/**
 * A prediction for the predictions topic, keyed by the query's id.
 * @param waitId of the request that waits for it
 */
export function encodePrediction(prediction: Prediction, topics: Topics, waitId?: string): OutgoingRecord {
  const record = toRecord({
    topic: topics.predictions,
    key: prediction.queryId,
    id: prediction.queryId,
    type: TYPES.prediction,
    source: '/lethe/predictions',
    ...asJson(prediction),
  });
  return waitId === undefined ? record : { ...record, headers: { ...record.headers, [WAIT_ID]: waitId } };
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

/** The sender of a command, as it claims; null if it names none. */
export function actorOf(record: LogRecord): string | null {
  return record.headers.ce_actor ?? null;
}

/**
 * @throws LetheError `invalid-message` (envelope, id, label, task), `empty-payload`, `unsupported-format`, `invalid-text`,
 * `invalid-vector`
 */
export function decodeSample(record: LogRecord): Sample {
  const { id, attribute, contentType, data } = eventOfType(record, TYPES.sample);
  const [label, task, subject] = [attribute('label'), attribute('task'), attribute('subject')];
  const attributes = parseOrRefuse(sampleAttributes, { id, label, task, subject }, REFUSED_SAMPLE);
  return { ...attributes, payload: decodePayload(contentType, data) };
}

/** The id that a sample's record names, even where the rest of it can't be read; undefined where there is no good one. */
export function idOf(record: LogRecord): string | undefined {
  return idSchema.safeParse(record.headers.ce_id).data;
}

/** The task that a sample's record names, even where the rest of it can't be read. */
export function taskOf(record: LogRecord): string | undefined {
  return taskNameSchema.safeParse(record.headers.ce_task).data;
}

/** The class that a sample's record names, even where the rest of it can't be read, or its label is refused: {@link spelled}. */
export function labelOf(record: LogRecord): string | undefined {
  const label = record.headers.ce_label;
  return label ? spelled(label) : undefined;
}

/**
 * @throws LetheError `invalid-message` (envelope, id, truth), `empty-payload`, `unsupported-format`, `invalid-text`,
 * `invalid-vector`
 */
export function decodeQuery(record: LogRecord): Query {
  const { id, attribute, contentType, data } = eventOfType(record, TYPES.query);
  const attributes = parseOrRefuse(queryAttributes, { id, truth: attribute('truth') }, REFUSED_QUERY);
  return { ...attributes, payload: decodePayload(contentType, data) };
}

/** @throws LetheError `unknown-command`, `invalid-message` (envelope, id or the command's fields), `empty-payload` */
export function decodeCommand(record: LogRecord): Command {
  const event = eventOfType(record, TYPES.command);
  const refusal = { ...REFUSED_COMMAND, prefix: 'data.' };
  const { id } = parseOrRefuse(commandAttributes, { id: event.id }, REFUSED_COMMAND);
  const data = jsonOf(event, 'the command');
  const { kind } = parseOrRefuse(commandKindSchema, data, refusal);
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
  return { id, ...parseOrRefuse(commandBodySchema, data, refusal) };
}

/** @throws LetheError `invalid-message` */
export function decodePrediction(record: LogRecord): Prediction {
  const prediction = decodeJson(record, TYPES.prediction, predictionSchema, 'the prediction');
  // Earlier versions wrote the label "unknown", which may be the name of a class.
  return prediction.route === 'unknown' ? { ...prediction, label: null } : prediction;
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
    remedy: 'Only Lethe itself should write to this topic. Find out who else does.',
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

function jsonOf({ contentType, data }: ReceivedEvent, subject: string): unknown {
  if (!isJson(contentType)) {
    throw new LetheError('unsupported-format', `${subject} is not JSON`, {
      field: 'datacontenttype',
      value: contentType ?? '(missing)',
      remedy: `Send it as ${JSON_TYPE}.`,
    });
  }
  return parsedJson(data);
}

/** The record's CloudEvent; refused if it is of another type than this topic's. */
function eventOfType(record: LogRecord, type: string): ReceivedEvent {
  const event = toCloudEvent(record);
  if (event.type === type || event.type.startsWith(`${type}.`)) return event;
  throw new LetheError(
    'invalid-message',
    `this topic does not accept CloudEvents of type ${shortened(event.type)}`,
    {
      field: 'type',
      value: event.type,
      remedy: `Send the type ${type} to the topic ${record.topic}.`,
    },
  );
}
