import type { Logger } from 'pino';
import type { EventLog, Loss } from '../../adapters/eventLog.js';
import { createMemoryLog } from '../../adapters/memory/log/memoryLog.js';
import type { Topics } from '../../domain/topics.js';
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
  onLoss: (loss: Loss) => void,
): Promise<EventLog> {
  const { transport } = config;
  if (transport.kind === 'memory') {
    const ordered = ORDERED_ROLES.map((role) => topics[role]);
    return createMemoryLog({
      partitions: (topic) => (ordered.includes(topic) ? 1 : transport.partitions),
      capacity: { records: transport.capacityRecords, bytes: transport.capacityBytes },
    });
  }
  const { createKafkaLog } = await import('../../adapters/kafka/kafkaLog.js');
  const { checkTopics, ensureTopics, isTolerable, topicError } = await import(
    '../../adapters/kafka/topics.js'
  );
  const wanted = wantedTopics(config, topics);
  const framing = await framingOf(config, topics);
  const options = {
    ...kafkaOptions(config, logger, onConnection, framing),
    topicsExist: wanted.map(({ topic }) => topic),
    onLoss,
  };
  return createKafkaLog(options, async (admin) => {
    const problems = transport.kafka.createTopics
      ? (await ensureTopics(admin, wanted)).problems
      : await checkTopics(admin, wanted);
    const error = topicError(problems.filter((problem) => !isTolerable(problem)));
    if (error) throw error;
    for (const problem of problems) {
      const { message, remedy } = topicError([problem]) ?? {};
      logger.warn({ remedy }, message ?? 'a topic is not set up as Lethe needs it');
    }
  });
}
