/** Where records come from and go to. Every field says what it is for. */
import { z } from 'zod';
import { count, MEGABYTE, milliseconds, secret } from './common.js';

const kafka = z
  .strictObject({
    brokers: z
      .array(z.string().regex(/^[^\s:]+:\d{1,5}$/, 'host:port'))
      .min(1)
      .describe('Some brokers of the cluster, as host:port. Lethe finds the others through them.'),
    clientId: z.string().min(1).max(100).describe('Client id, which the broker uses in logs and quotas.'),
    delivery: z
      .enum(['exactly-once', 'at-least-once'])
      .describe('exactly-once: results and offsets in one transaction; at-least-once: one after the other.'),
    compression: z
      .enum(['none', 'gzip', 'lz4', 'zstd', 'snappy'])
      .describe('Codec of written records. Lethe reads every codec.'),
    lingerMs: z.int().min(0).max(1000).describe('Time that a record waits for others in its batch.'),
    batchBytes: count.describe('Largest batch, in bytes.'),
    sessionTimeoutMs: milliseconds.describe('A worker that is silent for this long loses its partitions.'),
    startTimeoutMs: milliseconds.describe('Time within which the cluster must answer at the start.'),
    replicationFactor: z
      .int()
      .min(-1)
      .max(32)
      .describe('Replication factor of topics that Lethe creates. -1 takes the default of the broker.'),
    createTopics: z.boolean().describe('Whether Lethe creates missing topics at the start.'),
    sasl: z
      .strictObject({
        mechanism: z.enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512']).describe('SASL mechanism.'),
        username: z.string().optional().describe('User name.'),
        password: secret.describe('Password. Set it by LETHE_TRANSPORT__KAFKA__SASL__PASSWORD(_FILE) only.'),
      })
      .describe('Authentication.'),
    ssl: z
      .strictObject({
        enabled: z.boolean().describe('Whether connections use TLS.'),
        ca: z
          .string()
          .optional()
          .describe('PEM file of the certificate authority to trust. The default is those of the system.'),
      })
      .describe('Encryption.'),
    schemaRegistry: z
      .strictObject({
        enabled: z.boolean().describe('Whether Lethe uses a schema registry.'),
        url: z
          .string()
          .regex(/^https?:\/\/[^@\s]+$/, 'http://host:port or https://host:port, without a password')
          .describe("Root of a REST API compatible with Confluent's schema registry."),
        username: z.string().optional().describe('User name.'),
        password: secret.describe(
          'Password. Set it by LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__PASSWORD(_FILE) only.',
        ),
        register: z
          .boolean()
          .describe('Whether Lethe registers its schemas at the start. Otherwise they must exist.'),
        emit: z.boolean().describe('Whether the JSON values that Lethe writes carry the id of their schema.'),
      })
      .describe('The schema registry, for JSON Schema.'),
  })
  .describe('The Kafka cluster.');

export const transport = z
  .strictObject({
    kind: z
      .enum(['disk', 'memory', 'kafka'])
      .describe(
        'Where topics are. disk: in disk.folder, for one process; memory: in this process, and gone with it; kafka: in the cluster of transport.kafka.',
      ),
    topicPrefix: z.string().max(100).describe('Prefix of all topic names.'),
    partitions: z
      .int()
      .min(1)
      .max(1024)
      .describe('Partitions of each topic. The commands, events, models and audit topics always have one.'),
    capacityRecords: count.describe('Records that a topic in memory or on disk holds. Then publishers wait.'),
    capacityBytes: count
      .min(MEGABYTE)
      .describe('Bytes that a topic in memory or on disk holds. Then publishers wait.'),
    kafka,
  })
  .describe('The event log.');
