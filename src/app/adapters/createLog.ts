import type { Logger } from 'pino';
import type { DiskFile } from '../../adapters/disk/file.js';
import type { EventLog, Loss } from '../../adapters/eventLog.js';
import type { LocalLogOptions } from '../../adapters/memory/log/localLog.js';
import { createMemoryLog } from '../../adapters/memory/log/memoryLog.js';
import type { Topics } from '../../domain/topics.js';
import type { LetheConfig } from '../config/schema.js';
import { kafkaOptions, ORDERED_ROLES, wantedTopics } from './kafka.js';
import { framingOf } from './schemaRegistry.js';

/** What topics hold on disk that are kept after everybody has read them: as long as there is room. */
const KEPT_ON_DISK = { records: 100_000, bytes: 2 ** 30 };
const FOR_EVER = { records: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/**
 * The event log that the config names; with Kafka, its topics are checked, and created where that is wanted.
 * @param file where topics are kept on disk
 * @throws LetheError `config-invalid`
 */
export async function createLog(
  config: LetheConfig,
  topics: Topics,
  logger: Logger,
  onConnection: (connected: boolean, why?: string) => void,
  onLoss: (loss: Loss) => void,
  file: DiskFile | null,
): Promise<EventLog> {
  const { transport } = config;
  if (transport.kind === 'memory') return createMemoryLog(layoutOf(config, topics));
  if (transport.kind === 'disk') {
    if (!file) throw new RangeError('transport.kind is disk, and there is no file');
    const { createDiskLog } = await import('../../adapters/disk/log/diskLog.js');
    return createDiskLog(diskLayoutOf(config, topics), file);
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

function layoutOf({ transport }: LetheConfig, topics: Topics) {
  const ordered = ORDERED_ROLES.map((role) => topics[role]);
  return {
    partitions: (topic: string) => (ordered.includes(topic) ? 1 : transport.partitions),
    capacity: { records: transport.capacityRecords, bytes: transport.capacityBytes },
  } satisfies LocalLogOptions;
}

/** What tells of the past outlives those who read it, the audit chain for ever. */
function diskLayoutOf(config: LetheConfig, topics: Topics): LocalLogOptions {
  const { partitions, capacity } = layoutOf(config, topics);
  const kept = [topics.events, topics.models, topics['dead-letters'], topics.audit];
  return {
    partitions,
    capacity: (topic) => (topic === topics.audit ? FOR_EVER : kept.includes(topic) ? KEPT_ON_DISK : capacity),
    isRing: (topic) => kept.includes(topic),
  };
}
