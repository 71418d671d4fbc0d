import { createKafkaLog } from 'lethe/internal/adapters/kafka/kafkaLog.js';
import { schemaFraming } from 'lethe/internal/adapters/kafka/schemaRegistry/framing.js';
import { topicsUnder } from 'lethe/internal/domain/topics.js';
import type { LetheClient } from './api.js';
import { createClient } from './client.js';
import type { KafkaClientOptions } from './kafkaOptions.js';
import { logDoor } from './logDoor.js';

const BATCHING = {
  lingerMs: 3,
  batchBytes: 1_048_576,
  compression: 'none',
  sessionTimeoutMs: 15_000,
} as const;

/**
 * A client over Kafka, once the cluster answered. Loads kafkajs and its codecs.
 * @throws LetheError `config-invalid`: why it did not
 */
export async function connectToKafka(options: KafkaClientOptions): Promise<LetheClient> {
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
