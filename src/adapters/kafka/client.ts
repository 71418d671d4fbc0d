import kafkajs, {
  type Kafka,
  type KafkaConfig,
  type LogEntry,
  type ProducerConfig,
  type RetryOptions,
  type SASLOptions,
} from 'kafkajs';
import type { KafkaConnectionOptions, KafkaLogger, KafkaSasl } from './options.js';
import { lastingPartitioner } from './partitioner.js';

const { logLevel } = kafkajs;

/**
 * Retries inside kafkajs. They are quick, because Kafka refuses a transaction for some milliseconds after the one
 * before. They are few, because the adapter retries longer failures, and can be stopped.
 */
const RETRY: RetryOptions = {
  initialRetryTime: 8,
  factor: 0.5,
  multiplier: 2,
  maxRetryTime: 1000,
  retries: 7,
};

/** The retries of consumers, which join their group again between them. */
export const CONSUMER_RETRY: RetryOptions = { ...RETRY, initialRetryTime: 50 };

/** Common settings of all producers: idempotent, Kafka's own choice of partitions, no accidental creation of topics. */
export const PRODUCER: ProducerConfig = {
  idempotent: true,
  maxInFlightRequests: 1,
  allowAutoTopicCreation: false,
  createPartitioner: lastingPartitioner,
  retry: RETRY,
};

/**
 * A client of kafkajs. Each consumer needs its own: consumers of one client and group share a table of committed
 * offsets, and each consumer empties it when it joins.
 */
export function createClient(options: KafkaConnectionOptions): Kafka {
  const { brokers, clientId, ssl, sasl, log } = options;
  const config: KafkaConfig = {
    clientId,
    brokers: [...brokers],
    connectionTimeout: Math.min(5000, options.startTimeoutMs),
    authenticationTimeout: Math.max(1000, Math.min(10_000, options.startTimeoutMs)),
    retry: RETRY,
    logLevel: logLevel.WARN,
    logCreator: () => logTo(log),
    ...(ssl && {
      ssl: ssl.ca === undefined ? true : { ca: typeof ssl.ca === 'string' ? ssl.ca : [...ssl.ca] },
    }),
    ...(sasl && { sasl: saslOf(sasl) }),
  };
  return new kafkajs.Kafka(config);
}

/** One case for each mechanism, as the types of kafkajs require. */
function saslOf({ mechanism, username, password }: KafkaSasl): SASLOptions {
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
  }
}

/** Messages that kafkajs logs as errors, but that this adapter expects and retries. */
const EXPECTED = /^(Response |Failed to send messages|Limiting retries|The group is rebalancing)/;
const QUIET_MS = 10_000;

function logTo(log: KafkaLogger | undefined): (entry: LogEntry) => void {
  const last = new Map<string, number>();
  return ({ level, namespace, log: { message, error, groupId, broker } }) => {
    if (!log) return;
    const fields = { namespace, groupId, broker, error: error instanceof Error ? error.message : error };
    const now = Date.now();
    const repeated = now - (last.get(message) ?? 0) < QUIET_MS;
    if (level > logLevel.WARN || EXPECTED.test(message) || repeated) {
      log.debug(fields, message);
      return;
    }
    if (last.size > 100) last.clear();
    last.set(message, now);
    log.warn(fields, message);
  };
}
