import type { KafkaLogOptions } from '../../src/adapters/kafka/options.js';

/** Options of a Kafka log for tests: patient for seconds, not minutes. */
export function kafkaTestOptions(broker: string, changes: Partial<KafkaLogOptions> = {}): KafkaLogOptions {
  return {
    brokers: [broker],
    clientId: 'test',
    delivery: 'exactly-once',
    transactionalIdPrefix: 'lethe-test',
    compression: 'none',
    lingerMs: 2,
    batchBytes: 500_000,
    sessionTimeoutMs: 6000,
    startTimeoutMs: 10_000,
    ...changes,
  };
}
