import { createKafkaLog } from '../adapters/kafka/kafkaLog.js';
import type { KafkaConnectionOptions } from '../adapters/kafka/options.js';
import { schemaFraming } from '../adapters/kafka/schemaRegistry/framing.js';
import { topicsUnder } from '../domain/topics.js';
import { createClient, type LetheClient } from './client.js';
import { logDoor } from './door.js';

/** Where the cluster is, and which Lethe is meant. */
export interface KafkaClientOptions
  extends Pick<KafkaConnectionOptions, 'brokers' | 'ssl' | 'sasl' | 'log'>,
    Partial<Pick<KafkaConnectionOptions, 'clientId' | 'startTimeoutMs'>> {
  /** `transport.topicPrefix` of that Lethe. */
  readonly topicPrefix?: string;
  /** Its `model.name`. */
  readonly modelName?: string;
  /** Who gives the commands, as the audit chain tells. */
  readonly actor?: string;
}

const BATCHING = {
  lingerMs: 3,
  batchBytes: 1_048_576,
  compression: 'none',
  sessionTimeoutMs: 15_000,
} as const;

/**
 * A client over Kafka, once the cluster answered.
 * @throws LetheError `config-invalid`: why it did not
 */
export async function createKafkaClient(options: KafkaClientOptions): Promise<LetheClient> {
  const { topicPrefix = 'lethe.', modelName = 'main', actor, ...connection } = options;
  const log = await createKafkaLog({
    clientId: 'lethe-client',
    startTimeoutMs: 30_000,
    ...connection,
    ...BATCHING,
    // Nothing that it reads leads to something that it writes: there is nothing to be written exactly once.
    delivery: 'at-least-once',
    transactionalIdPrefix: 'lethe-client',
    framing: schemaFraming(new Map()),
  });
  const door = logDoor(log, { topics: topicsUnder(topicPrefix), modelName, actor });
  return createClient(door, () => log.close());
}
