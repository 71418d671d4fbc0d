import type { Logger } from 'pino';
import type { Topics } from '../../domain/topics.js';
import type { EventLog } from '../../streams/transports/eventLog.js';
import { createMemoryLog } from '../../streams/transports/memory/memoryLog.js';
import type { LetheConfig } from '../config/schema.js';
import { kafkaOptions, ORDERED_ROLES, wantedTopics } from './kafka.js';
import { framingOf } from './schemaRegistry.js';

/**
 * The event log that the config names; with Kafka, its topics are checked, and created where that is wanted.
 * @throws LetheError `config-invalid`
 */
export async function createLog(
  config: LetheConfig,
  topics: Topics,
  logger: Logger,
  onConnection: (connected: boolean, why?: string) => void,
): Promise<EventLog> {
  const { transport } = config;
  if (transport.kind === 'memory') {
    const ordered = ORDERED_ROLES.map((role) => topics[role]);
    return createMemoryLog({
      partitions: (topic) => (ordered.includes(topic) ? 1 : transport.partitions),
      capacity: { records: transport.capacityRecords, bytes: transport.capacityBytes },
    });
  }
  const { createKafkaLog } = await import('../../streams/transports/kafka/kafkaLog.js');
  const { checkTopics, ensureTopics, topicError } = await import('../../streams/transports/kafka/topics.js');
  const wanted = wantedTopics(config, topics);
  const framing = await framingOf(config, topics);
  return createKafkaLog(kafkaOptions(config, logger, onConnection, framing), async (admin) => {
    const error = topicError(
      transport.kafka.createTopics
        ? (await ensureTopics(admin, wanted)).problems
        : await checkTopics(admin, wanted),
    );
    if (error) throw error;
  });
}
