import type { Logger } from 'pino';
import type { Topics } from '../../domain/topics.js';
import type { EventLog } from '../../streams/transports/eventLog.js';
import { createMemoryLog } from '../../streams/transports/memory/memoryLog.js';
import type { LetheConfig } from '../config/schema.js';
import { kafkaConnection, kafkaOptions, ORDERED_ROLES, wantedTopics } from './kafka.js';

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
  const { checkTopics, ensureTopics, topicError, withAdmin } = await import(
    '../../streams/transports/kafka/topics.js'
  );
  const log = await createKafkaLog(kafkaOptions(config, logger, onConnection));
  try {
    const wanted = wantedTopics(config, topics);
    const problems = await withAdmin(kafkaConnection(config, logger), async (admin) =>
      transport.kafka.createTopics
        ? (await ensureTopics(admin, wanted)).problems
        : checkTopics(admin, wanted),
    );
    const error = topicError(problems);
    if (error) throw error;
    return log;
  } catch (error) {
    await log.close();
    throw error;
  }
}
