import { CloudEvent, Kafka } from 'cloudevents';
import { LetheError } from '../errors.js';
import { codePoint } from '../normalForm.js';
import { type LogRecord, type OutgoingRecord, positionOf } from '../record.js';
import { shownJson } from '../shownJson.js';
import { mediaTypeOf } from './mediaType.js';
import { timeSchema } from './time.js';

const PREFIX = 'ce_';
/** The CloudEvents attributes without which a record is refused. */
const REQUIRED = ['id', 'type', 'source', 'specversion'] as const;
const SPEC_VERSION = '1.0';
/** Names of attributes; another header that begins like one is none (CloudEvents 1.0.2, section "Naming Conventions"). */
const ATTRIBUTE_NAME = /^[a-z0-9]+$/;
/** What no text of CloudEvents may hold (section "Type System"): controls, halves of surrogate pairs, noncharacters. */
const NOT_TEXT = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;
/** Headers that the SDK writes twice: as the content type and as the record's key. */
const REDUNDANT: ReadonlySet<string> = new Set(['ce_datacontenttype', 'ce_partitionkey']);

const BINARY_MODE_REMEDY =
  'Write CloudEvents 1.0 in binary content mode: attributes as headers (on Kafka ce_id, ce_type, ce_source, ' +
  'ce_specversion; over HTTP ce-id ...), the content type in the header content-type, the payload as the value.';

/** What a record's envelope says. */
export interface Envelope {
  readonly topic: string;
  readonly key: string;
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject?: string;
  readonly contentType: string;
  readonly data: Buffer;
  /** CloudEvents extension attributes; undefined ones are left out. */
  readonly extensions?: Readonly<Record<string, string | undefined>>;
}

/** A CloudEvent as it was received: its attributes and its data, which is not looked into yet. */
export interface ReceivedEvent {
  readonly id: string;
  readonly type: string;
  /** The value of an attribute; undefined where the event has none of this name. */
  readonly attribute: (name: string) => string | undefined;
  /** The attribute `datacontenttype`. */
  readonly contentType: string | undefined;
  readonly data: Buffer;
}

/**
 * The CloudEvent in binary content mode as a record: attributes are headers, the value is the payload.
 * @throws ValidationError of the SDK where an attribute is not a valid one
 */
export function toRecord(envelope: Envelope): OutgoingRecord {
  const { topic, key, id, type, source, subject, contentType, data, extensions } = envelope;
  const event = new CloudEvent<Buffer>({
    id,
    type,
    source,
    ...(subject !== undefined && { subject }),
    datacontenttype: contentType,
    data,
    ...defined(extensions ?? {}),
  });
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(Kafka.binary(event).headers)) {
    if (typeof value === 'string' && !REDUNDANT.has(name)) headers[name] = value;
  }
  return { topic, key, value: data, headers };
}

/**
 * The CloudEvent that a record carries in binary content mode (CloudEvents 1.0.2, Kafka binding). Both doors read by this:
 * that of HTTP makes such a record of a request first.
 *
 * It is not read by the SDK (cloudevents 10.0.0), which takes any specversion, replaces a time by what `Date` makes of it,
 * draws an id where there is none, knows `application/json` in lower case only, stumbles over a BOM, and lets the header
 * `ce_datacontenttype` win over `content-type`.
 * @throws LetheError `invalid-message` that names the missing or broken attribute, `empty-payload` where the
 * record has no value, `unsupported-format` for CloudEvents in structured or batched mode
 */
export function toCloudEvent(record: LogRecord): ReceivedEvent {
  if (record.unreadable) throw record.unreadable.error;
  const attribute = (name: string): string | undefined => headerOf(record, PREFIX + name);
  refuseStructured(record);
  const missing = REQUIRED.find((name) => !attribute(name));
  if (missing) throw invalid(missing, `the record ${positionOf(record)} has no header ce_${missing}`);
  if (attribute('specversion') !== SPEC_VERSION) {
    throw invalid(
      'specversion',
      `CloudEvents version ${shown(attribute('specversion'))} is not supported`,
      attribute('specversion'),
      `Send CloudEvents ${SPEC_VERSION}.`,
    );
  }
  for (const [name, value] of Object.entries(record.headers)) {
    if (name.startsWith(PREFIX)) refuseNoText(name.slice(PREFIX.length), value);
  }
  refuseNoTime(attribute('time'));
  const contentType = contentTypeOf(record);
  if (record.value.length === 0) {
    throw new LetheError('empty-payload', `the record ${positionOf(record)} has no value`, {
      field: 'data',
      value: '0 bytes',
      remedy: 'Send the image, text, vector or command as the value.',
    });
  }
  const [id = '', type = ''] = [attribute('id'), attribute('type')];
  return { id, type, attribute, contentType, data: record.value };
}

/** A header of the record; of the object that holds them nothing that it inherits. */
function headerOf({ headers }: LogRecord, name: string): string | undefined {
  return Object.hasOwn(headers, name) ? headers[name] : undefined;
}

/** The prefix is matched case-insensitively (Kafka binding, section 3). */
function refuseStructured(record: LogRecord): void {
  const contentType = headerOf(record, 'content-type');
  if (!mediaTypeOf(contentType)?.startsWith('application/cloudevents')) return;
  throw new LetheError('unsupported-format', 'structured and batched CloudEvents are not supported', {
    field: 'content-type',
    value: contentType,
    remedy: BINARY_MODE_REMEDY,
  });
}

/**
 * `content-type` is the attribute `datacontenttype` (Kafka binding, section 3.2.1). Some SDKs write `ce_datacontenttype`
 * beside it: it may say the same, and nothing else.
 */
function contentTypeOf(record: LogRecord): string | undefined {
  const contentType = headerOf(record, 'content-type');
  const again = headerOf(record, 'ce_datacontenttype');
  if (contentType === undefined || again === undefined) return contentType ?? again;
  if (contentType.trim().toLowerCase() === again.trim().toLowerCase()) return contentType;
  throw invalid(
    'datacontenttype',
    `the headers content-type and ce_datacontenttype differ: ${shown(contentType)} and ${shown(again)}`,
    again,
    'Send the content type in the header content-type only.',
  );
}

function refuseNoText(name: string, value: string): void {
  if (!ATTRIBUTE_NAME.test(name)) return;
  const [sign] = NOT_TEXT.exec(value) ?? [];
  if (sign === undefined) return;
  throw invalid(
    name,
    `the attribute ${name} contains the character ${codePoint(sign)}, which CloudEvents forbids`,
    shown(value),
  );
}

function refuseNoTime(time: string | undefined): void {
  if (time === undefined || timeSchema.safeParse(time).success) return;
  throw invalid(
    'time',
    `the time ${shown(time)} is not in RFC 3339`,
    time,
    'Send the time in RFC 3339, for example 2026-01-31T12:00:00Z, or omit it.',
  );
}

function invalid(field: string, message: string, value?: string, remedy = BINARY_MODE_REMEDY): LetheError {
  return new LetheError('invalid-message', message, { field, value, remedy });
}

/** For a message: escaped, and of a bounded length. */
function shown(text: string | undefined): string {
  const json = shownJson(text);
  return json.length <= 80 ? json : `${json.slice(0, 77)}...`;
}

function defined(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
