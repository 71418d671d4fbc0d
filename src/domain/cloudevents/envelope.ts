import { CloudEvent, type CloudEventV1, Kafka, type KafkaEvent } from 'cloudevents';
import { LetheError } from '../errors.js';
import { type LogRecord, type OutgoingRecord, positionOf } from '../record.js';

/** The CloudEvents attributes without which a record is refused, by header. */
const REQUIRED = ['ce_id', 'ce_type', 'ce_source', 'ce_specversion'] as const;
/** Headers that the SDK writes twice: as the content type and as the record's key. */
const REDUNDANT: ReadonlySet<string> = new Set(['ce_datacontenttype', 'ce_partitionkey']);

const BINARY_MODE_REMEDY =
  'Write CloudEvents 1.0 in binary content mode: attributes as headers (ce_id, ce_type, ce_source, ce_specversion), ' +
  'the content type in the header content-type, the payload as the value.';

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

/**
 * The CloudEvent in binary content mode as a record: attributes are headers, the value is the payload.
 * @throws LetheError `invalid-message` where an attribute is not a valid one
 */
export function toRecord(envelope: Envelope): OutgoingRecord {
  const { topic, key, id, type, source, subject, contentType, data, extensions } = envelope;
  const attributes = {
    id,
    type,
    source,
    ...(subject !== undefined && { subject }),
    datacontenttype: contentType,
    data,
  };
  return recordOf(new CloudEvent<Buffer>({ ...attributes, ...defined(extensions ?? {}) }), topic, key);
}

/** As {@link toRecord}, for a CloudEvent whose data is the payload. */
export function recordOf(event: CloudEventV1<unknown>, topic: string, key: string): OutgoingRecord {
  const { data } = event;
  if (!Buffer.isBuffer(data)) throw new TypeError('the data of a CloudEvent to be written is a Buffer');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(Kafka.binary(event).headers)) {
    if (typeof value === 'string' && !REDUNDANT.has(name)) headers[name] = value;
  }
  return { topic, key, value: data, headers };
}

/**
 * The CloudEvent that a record carries in binary content mode; its data is the value, parsed where it is JSON.
 * @throws LetheError `invalid-message` that names the missing or broken attribute, `empty-payload` where the
 * record has no value, `unsupported-format` for CloudEvents in structured or batched mode
 */
export function toCloudEvent(record: LogRecord): CloudEventV1<unknown> {
  const contentType = record.headers['content-type'];
  if (contentType?.startsWith('application/cloudevents')) {
    throw new LetheError('unsupported-format', 'structured and batched CloudEvents are not read', {
      field: 'content-type',
      value: contentType,
      remedy: BINARY_MODE_REMEDY,
    });
  }
  const missing = REQUIRED.find((name) => !record.headers[name]);
  if (missing) {
    throw new LetheError('invalid-message', `the record ${positionOf(record)} has no header ${missing}`, {
      field: missing.slice('ce_'.length),
      remedy: BINARY_MODE_REMEDY,
    });
  }
  if (record.value.length === 0) {
    throw new LetheError('empty-payload', `the record ${positionOf(record)} has no value`, {
      field: 'data',
      value: '0 bytes',
      remedy: 'Send the image, vector or command as the value.',
    });
  }
  return parsed(record);
}

function parsed(record: LogRecord): CloudEventV1<unknown> {
  const { headers, key, value } = record;
  const message = { headers, key: key ?? '', value, body: value } satisfies KafkaLike;
  try {
    const event = Kafka.toEvent<unknown>(message);
    if (!Array.isArray(event)) return event;
  } catch (error) {
    throw brokenAttribute(record, error);
  }
  throw brokenAttribute(record, new Error('a batch of events'));
}

type KafkaLike = {
  readonly key: KafkaEvent<unknown>['partitionkey'];
  readonly value: Buffer;
  readonly body: Buffer;
} & {
  readonly headers: Readonly<Record<string, string>>;
};

/** The SDK throws on two things that got this far: JSON that does not parse, and a time that is none. */
function brokenAttribute(record: LogRecord, cause: unknown): LetheError {
  const because = cause instanceof Error ? cause.message : String(cause);
  const [field, value, remedy] =
    cause instanceof RangeError
      ? [
          'time',
          record.headers.ce_time,
          'Send the time as RFC 3339, e.g. 2026-01-31T12:00:00Z, or leave it out.',
        ]
      : [
          'data',
          `${record.value.length} bytes`,
          'Send well-formed JSON, or the content type that the value has.',
        ];
  return new LetheError('invalid-message', `the record ${positionOf(record)} can't be read: ${because}`, {
    field: field as string,
    value: value as string,
    remedy: remedy as string,
    cause,
  });
}

function defined(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
