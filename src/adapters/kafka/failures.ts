import { LetheError } from '../../domain/errors.js';
import { type OutgoingRecord, recordBytes } from '../../domain/record.js';
import type { KafkaConnectionOptions } from './options.js';

/** Someone else was given the transactional id: what was written since does not count. */
const FENCED = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_TXN_STATE',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
]);
/** PRODUCER_FENCED, which kafkajs 2.2 does not know by name. */
const PRODUCER_FENCED_CODE = 90;

const FORBIDDEN = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
]);
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
/** What a topic takes unless someone says otherwise. */
const DEFAULT_LIMIT = '1048588';
const NO_SUCH_TOPIC = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION']);

interface KafkaFailure {
  readonly name?: string;
  readonly type?: string;
  readonly code?: string | number;
  readonly message?: string;
  readonly cause?: unknown;
}

/** The error and what caused it, outermost first: kafkajs wraps what it gave up on. */
function* chain(thrown: unknown): Generator<KafkaFailure> {
  const seen = new Set<unknown>();
  let at = thrown;
  while (typeof at === 'object' && at !== null && !seen.has(at)) {
    seen.add(at);
    const failure: KafkaFailure = at;
    yield failure;
    at = failure.cause;
  }
}

function some(thrown: unknown, matches: (failure: KafkaFailure) => boolean): boolean {
  for (const failure of chain(thrown)) if (matches(failure)) return true;
  return false;
}

const isOneOf =
  (types: ReadonlySet<string>) =>
  ({ type }: KafkaFailure): boolean =>
    type !== undefined && types.has(type);

export function isFenced(thrown: unknown): boolean {
  return some(thrown, (failure) => isOneOf(FENCED)(failure) || failure.code === PRODUCER_FENCED_CODE);
}

/** The transaction before is still being completed: the same request succeeds in some milliseconds. */
export function isConcurrentTransaction(thrown: unknown): boolean {
  return some(thrown, ({ type }) => type === 'CONCURRENT_TRANSACTIONS');
}

export function isUnknownTopic(thrown: unknown): boolean {
  return some(thrown, isOneOf(NO_SUCH_TOPIC));
}

export function isForbidden(thrown: unknown): boolean {
  return some(thrown, isOneOf(FORBIDDEN));
}

/** Whether it was said already what is wrong: it lies in what is written or read, whatever becomes of the cluster. */
export function isRefusal(thrown: unknown): boolean {
  return some(thrown, (failure) => failure instanceof LetheError);
}

/** The same succeeds in smaller requests, or with smaller records. */
export function isTooLarge(thrown: unknown): boolean {
  return some(thrown, isOneOf(TOO_LARGE));
}

/** A record that its topic does not take; retriable where the topic has to. */
export function tooLargeError(record: OutgoingRecord, limit = Number.POSITIVE_INFINITY): LetheError {
  const { topic } = record;
  const bytes = recordBytes(record);
  const most = Number.isFinite(limit) ? `of at most ${limit} bytes` : 'that are smaller';
  return new LetheError(
    'config-invalid',
    `the topic ${topic} allows records ${most}; this one has ${bytes}`,
    {
      field: 'max.message.bytes',
      value: topic,
      remedy: record.mustFit
        ? `Raise the limit to Kafka's default at least: ${alterTopic(topic, 'max.message.bytes', DEFAULT_LIMIT)}.`
        : `Send smaller ones, or raise the limit: ${alterTopic(topic, 'max.message.bytes', String(2 * bytes))}, ` +
          'and, above 100 MiB, also socket.request.max.bytes of the brokers.',
      retriable: record.mustFit ?? false,
    },
  );
}

/** The command that sets a topic's config. */
export function alterTopic(topic: string, name: string, value: string): string {
  return `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config ${name}=${value}`;
}

/** What no retry mends; `undefined` for all the rest. */
export function permanentError(thrown: unknown, options: KafkaConnectionOptions): LetheError | undefined {
  for (const failure of chain(thrown)) if (failure instanceof LetheError) return failure;
  if (some(thrown, isOneOf(FORBIDDEN))) {
    return new LetheError('config-invalid', `Kafka forbids this: ${textOf(thrown)}`, {
      field: 'transport.kafka.sasl.username',
      ...(options.sasl && { value: options.sasl.username }),
      remedy:
        'Give this user permission for the topics, the consumer groups and the transactional ids (docs/security.md).',
      retriable: true,
      cause: thrown,
    });
  }
  return authenticationError(thrown, options) ?? tlsError(thrown, options);
}

export function unknownTopicError(thrown: unknown): LetheError {
  return new LetheError('config-invalid', `Kafka lacks a topic: ${textOf(thrown)}`, {
    field: 'transport.topics',
    remedy: 'Create the topics with `lethe topics create`.',
    retriable: true,
    cause: thrown,
  });
}

/** Why the cluster could not be reached when Lethe started. */
export function startError(thrown: unknown, options: KafkaConnectionOptions): LetheError {
  const permanent = permanentError(thrown, options);
  if (permanent) return permanent;
  const seconds = options.startTimeoutMs / 1000;
  const tls = options.ssl
    ? 'If the listener is without TLS, remove transport.kafka.ssl.'
    : 'If the listener requires TLS, set transport.kafka.ssl.';
  const hint = options.sasl ? tls : `${tls} If it asks for a user, set transport.kafka.sasl.`;
  return new LetheError(
    'config-invalid',
    `no Kafka broker answered within ${seconds} s: ${textOf(thrown) || 'no answer'}`,
    {
      field: 'transport.kafka.brokers',
      value: options.brokers.join(','),
      remedy: `Check that the brokers run and that this machine can reach their addresses. ${hint}`,
      retriable: true,
      cause: thrown,
    },
  );
}

/** What an error says, without its stack. */
export function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown ?? '');
}

function authenticationError(thrown: unknown, options: KafkaConnectionOptions): LetheError | undefined {
  const failed = some(
    thrown,
    ({ name, type }) => name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED',
  );
  const unsupported = some(thrown, ({ type }) => type === 'UNSUPPORTED_SASL_MECHANISM');
  if (!failed && !unsupported) return undefined;
  const { mechanism, username } = options.sasl ?? {};
  if (unsupported || /does not support|UNSUPPORTED/i.test(textOf(thrown))) {
    return new LetheError('config-invalid', `Kafka does not offer this SASL mechanism: ${textOf(thrown)}`, {
      field: 'transport.kafka.sasl.mechanism',
      ...(mechanism && { value: mechanism }),
      remedy: 'Set transport.kafka.sasl.mechanism to one that the listener supports.',
      cause: thrown,
    });
  }
  return new LetheError('config-invalid', `Kafka refused the user ${username ?? ''}: ${textOf(thrown)}`, {
    field: 'transport.kafka.sasl.password',
    remedy: 'Check transport.kafka.sasl.username and its password, and that the mechanism knows this user.',
    cause: thrown,
  });
}

const TLS_CODES = /^(ERR_SSL|ERR_TLS|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH)/;

function tlsError(thrown: unknown, { ssl }: KafkaConnectionOptions): LetheError | undefined {
  if (!ssl || !some(thrown, ({ code }) => typeof code === 'string' && TLS_CODES.test(code))) return undefined;
  return new LetheError('config-invalid', `no TLS connection to Kafka: ${textOf(thrown)}`, {
    field: 'transport.kafka.ssl',
    remedy:
      'Set transport.kafka.ssl.ca to the authority that signed the certificates of the brokers, and use a TLS listener.',
    cause: thrown,
  });
}
