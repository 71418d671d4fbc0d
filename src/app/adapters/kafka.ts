import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { KafkaConnectionOptions, KafkaLogOptions } from '../../adapters/kafka/options.js';
import type { Framing } from '../../adapters/kafka/schemaRegistry/framing.js';
import type { WantedTopic } from '../../adapters/kafka/topics.js';
import { LARGEST_BODY } from '../../auditing/auditEntry.js';
import { holdsCertificate } from '../../domain/certificate.js';
import { LetheError } from '../../domain/errors.js';
import { TOPIC_ROLES, type TopicRole, type Topics } from '../../domain/topics.js';
import { ORDINARY_RESULT_BYTES } from '../../operators/publish.js';
import type { LetheConfig } from '../config/schema.js';

/** Topics whose records are in one order, hence in one partition. */
export const ORDERED_ROLES: readonly TopicRole[] = ['commands', 'events', 'models', 'audit'];

const KEPT_FOR_EVER = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' };

/**
 * What a topic needs beside the broker's defaults. The audit chain is kept whole, and no command is dropped before it was
 * carried out, however long no learner runs.
 */
const TOPIC_CONFIG: Partial<Record<TopicRole, Readonly<Record<string, string>>>> = {
  models: { 'cleanup.policy': 'compact' },
  commands: KEPT_FOR_EVER,
  audit: KEPT_FOR_EVER,
};

/** Beside an image: headers, and what a dead letter says. */
const BESIDE_IMAGE_BYTES = 2 ** 20;

/** The largest record of a topic that carries what others send, by `limits.imageBytes`; commands carry images in base64. */
function largestRecord(role: TopicRole, { imageBytes }: LetheConfig['limits']): number | undefined {
  switch (role) {
    case 'samples':
    case 'queries':
      return imageBytes + BESIDE_IMAGE_BYTES;
    case 'commands':
    case 'dead-letters':
      return Math.ceil((imageBytes * 4) / 3) + BESIDE_IMAGE_BYTES;
    default:
      return undefined;
  }
}

/** Beside a result: its trace, and what a batch is beside its records. */
const BESIDE_RESULT_BYTES = 4096;

/** What the topics of results have to take, whoever created them. */
const LEAST_BATCH: Partial<Record<TopicRole, number>> = {
  predictions: ORDINARY_RESULT_BYTES + BESIDE_RESULT_BYTES,
  events: ORDINARY_RESULT_BYTES + BESIDE_RESULT_BYTES,
  models: ORDINARY_RESULT_BYTES + BESIDE_RESULT_BYTES,
  audit: LARGEST_BODY + BESIDE_RESULT_BYTES,
};

function configOf(role: TopicRole, { limits }: LetheConfig): Readonly<Record<string, string>> {
  const bytes = largestRecord(role, limits);
  return {
    ...TOPIC_CONFIG[role],
    ...(bytes !== undefined && { 'max.message.bytes': String(bytes) }),
  };
}

/** How the config says to reach the cluster. */
export function kafkaConnection({ transport }: LetheConfig, logger?: Logger): KafkaConnectionOptions {
  const { brokers, clientId, startTimeoutMs, sasl, ssl } = transport.kafka;
  return {
    brokers,
    clientId,
    startTimeoutMs,
    ...(sasl.mechanism !== 'none' && {
      sasl: { mechanism: sasl.mechanism, ...credentials(sasl.username, sasl.password) },
    }),
    ...(ssl.enabled && { ssl: ssl.ca === undefined ? {} : { ca: pemAt(ssl.ca) } }),
    ...(logger && { log: logger }),
  };
}

/** The same with everything that reading and writing needs. */
export function kafkaOptions(
  config: LetheConfig,
  logger: Logger,
  onConnection: (connected: boolean, why?: string) => void,
  framing?: Framing,
): KafkaLogOptions {
  const { delivery, compression, lingerMs, batchBytes, sessionTimeoutMs } = config.transport.kafka;
  return {
    ...kafkaConnection(config, logger),
    delivery,
    compression,
    lingerMs,
    batchBytes,
    sessionTimeoutMs,
    transactionalIdPrefix: `lethe-${config.model.name}`,
    onConnection,
    ...(framing && { framing }),
  };
}

/** The topics as Lethe needs them. */
export function wantedTopics(config: LetheConfig, topics: Topics): WantedTopic[] {
  const { transport } = config;
  return TOPIC_ROLES.map((role) => ({
    topic: topics[role],
    partitions: ORDERED_ROLES.includes(role) ? 1 : transport.partitions,
    ordered: ORDERED_ROLES.includes(role),
    replicationFactor: transport.kafka.replicationFactor,
    config: configOf(role, config),
    leastBatch: LEAST_BATCH[role] ?? 0,
  }));
}

function credentials(
  username: string | undefined,
  password: string | undefined,
): { username: string; password: string } {
  if (username !== undefined && password !== undefined) return { username, password };
  const field = username === undefined ? 'username' : 'password';
  throw new LetheError('config-invalid', `transport.kafka.sasl.${field} is not set`, {
    field: `transport.kafka.sasl.${field}`,
    remedy:
      'Set it, or set transport.kafka.sasl.mechanism to none. Give the password by its variable or by a file.',
  });
}

function pemAt(path: string): string {
  try {
    const pem = readFileSync(path, 'utf8');
    if (holdsCertificate(pem)) return pem;
  } catch (cause) {
    throw notTrusted(`the certificate ${path} can't be read`, path, cause);
  }
  throw notTrusted(`${path} does not contain a certificate`, path);
}

function notTrusted(message: string, value: string, cause?: unknown): LetheError {
  return new LetheError('config-invalid', message, {
    field: 'transport.kafka.ssl.ca',
    value,
    remedy: 'Give a PEM file that this process can read.',
    cause,
  });
}
