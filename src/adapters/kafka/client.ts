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
 * Retries inside kafkajs: quick, since a transaction right after another one is refused for some milliseconds, and
 * few, since what outlasts them is retried by the adapter, which can be told to stop.
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

/** What all producers have in common: idempotent, Kafka's own choice of partitions, no topics by accident. */
export const PRODUCER: ProducerConfig = {
  idempotent: true,
  maxInFlightRequests: 1,
  allowAutoTopicCreation: false,
  createPartitioner: lastingPartitioner,
  retry: RETRY,
};

/**
 * A client of kafkajs. Each consumer needs one of its own: consumers of one client and group share a table of
 * committed offsets, and each of them empties it when it joins.
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

/** One case a mechanism, as the types of kafkajs want it. */
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

/** What kafkajs calls an error and this adapter expects: it retries. */
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
