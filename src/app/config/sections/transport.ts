/** Where records come from and go to. Every field says what it is for. */
import { z } from 'zod';
import { count, MEGABYTE, milliseconds, secret } from './common.js';

const kafka = z
  .strictObject({
    brokers: z
      .array(z.string().regex(/^[^\s:]+:\d{1,5}$/, 'host:port'))
      .min(1)
      .describe('Some brokers of the cluster, as host:port; the others are found through them.'),
    clientId: z.string().min(1).max(100).describe('Name under which the broker logs and limits this client.'),
    delivery: z
      .enum(['exactly-once', 'at-least-once'])
      .describe(
        'exactly-once: results and positions in one transaction; at-least-once: one after the other.',
      ),
    compression: z
      .enum(['none', 'gzip', 'lz4', 'zstd', 'snappy'])
      .describe('Of what is written; every codec is read.'),
    lingerMs: z.int().min(0).max(1000).describe('How long a record waits for others that travel with it.'),
    batchBytes: count.describe('Bytes that travel together at most.'),
    sessionTimeoutMs: milliseconds.describe('A worker that is silent for so long loses its partitions.'),
    startTimeoutMs: milliseconds.describe('How long the cluster may take to answer at the start.'),
    replicationFactor: z
      .int()
      .min(-1)
      .max(32)
      .describe('Replicas of topics that Lethe creates; -1 leaves it to the broker.'),
    createTopics: z.boolean().describe('Whether topics that are missing at the start are created.'),
    sasl: z
      .strictObject({
        mechanism: z
          .enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512'])
          .describe('How connections prove who they are.'),
        username: z.string().optional().describe('User of the cluster.'),
        password: secret.describe('Its password; LETHE_TRANSPORT__KAFKA__SASL__PASSWORD(_FILE) only.'),
      })
      .describe('Authentication.'),
    ssl: z
      .strictObject({
        enabled: z.boolean().describe('Whether connections use TLS.'),
        ca: z
          .string()
          .optional()
          .describe('PEM file of the authority to trust; by default those of the system.'),
      })
      .describe('Encryption.'),
    schemaRegistry: z
      .strictObject({
        enabled: z
          .boolean()
          .describe('Whether JSON values may carry the id of a schema, and schemas are kept there.'),
        url: z
          .string()
          .regex(/^https?:\/\/[^@\s]+$/, 'http://host:port or https://host:port, without a password')
          .describe("Root of a REST API compatible with Confluent's schema registry."),
        username: z.string().optional().describe('User of the registry.'),
        password: secret.describe(
          'Its password; LETHE_TRANSPORT__KAFKA__SCHEMA_REGISTRY__PASSWORD(_FILE) only.',
        ),
        register: z
          .boolean()
          .describe('Whether schemas are registered at the start; otherwise they have to be there.'),
        emit: z.boolean().describe('Whether JSON values that Lethe writes carry the id of their schema.'),
      })
      .describe('The schema registry, for JSON Schema.'),
  })
  .describe('The Kafka cluster.');

export const transport = z
  .strictObject({
    kind: z
      .enum(['memory', 'kafka'])
      .describe('Where topics live; memory: in this process; kafka: in the cluster of transport.kafka.'),
    topicPrefix: z.string().max(100).describe('Put before the names of the topics.'),
    partitions: z
      .int()
      .min(1)
      .max(1024)
      .describe('Partitions of a topic; the commands topic always has one.'),
    capacityRecords: count.describe('Records that a topic in memory holds before publishers wait.'),
    capacityBytes: count.min(MEGABYTE).describe('Bytes that a topic in memory holds before publishers wait.'),
    kafka,
  })
  .describe('The event log.');
