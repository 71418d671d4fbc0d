import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { holdsCertificate } from '../../domain/certificate.js';
import { LetheError } from '../../domain/errors.js';
import type { TopicRole, Topics } from '../../domain/topics.js';
import type { KafkaConnectionOptions, KafkaLogOptions } from '../../streams/transports/kafka/options.js';
import type { Framing } from '../../streams/transports/kafka/schemaRegistry/framing.js';
import type { WantedTopic } from '../../streams/transports/kafka/topics.js';
import type { LetheConfig } from '../config/schema.js';

/** Topics whose records are in one order, hence in one partition. */
export const ORDERED_ROLES: readonly TopicRole[] = ['commands', 'events', 'models', 'audit'];

/** What a topic needs beside the broker's defaults; the audit chain is kept whole. */
const TOPIC_CONFIG: Partial<Record<TopicRole, Readonly<Record<string, string>>>> = {
  models: { 'cleanup.policy': 'compact' },
  audit: { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' },
};

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
export function wantedTopics({ transport }: LetheConfig, topics: Topics): WantedTopic[] {
  return (Object.entries(topics) as [TopicRole, string][]).map(([role, topic]) => ({
    topic,
    partitions: ORDERED_ROLES.includes(role) ? 1 : transport.partitions,
    replicationFactor: transport.kafka.replicationFactor,
    config: TOPIC_CONFIG[role] ?? {},
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
    remedy: 'Set it, or transport.kafka.sasl.mechanism to none; the password by its variable or a file only.',
  });
}

function pemAt(path: string): string {
  try {
    const pem = readFileSync(path, 'utf8');
    if (holdsCertificate(pem)) return pem;
  } catch (cause) {
    throw notTrusted(`the certificate ${path} can't be read`, path, cause);
  }
  throw notTrusted(`${path} holds no certificate`, path);
}

function notTrusted(message: string, value: string, cause?: unknown): LetheError {
  return new LetheError('config-invalid', message, {
    field: 'transport.kafka.ssl.ca',
    value,
    remedy: 'Name a PEM file that this process may read.',
    cause,
  });
}
