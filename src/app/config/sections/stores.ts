/** Where vectors, the registry and models are kept. Every field says what it is for. */
import { z } from 'zod';
import { count, milliseconds, secret } from './common.js';

export const stores = z
  .strictObject({
    kind: z
      .enum(['memory', 'redis'])
      .describe('Where vectors and classes live; memory: in this process; redis: in stores.redis.'),
    redis: z
      .strictObject({
        url: z
          .string()
          .regex(/^rediss?:\/\/[^@\s]+$/, 'redis://host:port or rediss://host:port, without a password')
          .describe('Address of a Redis Stack (or Redis 8); rediss: speaks TLS.'),
        username: z.string().optional().describe('ACL user.'),
        password: secret.describe('Its password; LETHE_STORES__REDIS__PASSWORD(_FILE) only.'),
        ca: z
          .string()
          .optional()
          .describe('PEM file of the authority to trust; by default those of the system.'),
        startTimeoutMs: milliseconds.describe('How long Redis may take to answer at the start.'),
        index: z
          .strictObject({
            algorithm: z
              .enum(['flat', 'hnsw'])
              .describe('flat: exact; hnsw: approximate, faster where there are very many vectors.'),
            type: z.enum(['float32', 'float16']).describe('Stored precision; float16 halves the memory.'),
            m: count.max(512).describe('HNSW: links of each node.'),
            efConstruction: count.max(4096).describe('HNSW: candidates looked at when a vector is inserted.'),
            efRuntime: count.max(4096).describe('HNSW: candidates looked at when neighbours are searched.'),
          })
          .describe('How vectors are searched; an index that exists keeps its kind.'),
      })
      .describe('The Redis.'),
  })
  .describe('DB-CIL, DB-MU and the class registry.');

export const checkpoints = z
  .strictObject({
    kind: z
      .enum(['folder', 'redis'])
      .describe(
        'Where workers find models: folder: model.checkpoints, shared by all; redis: in stores.redis.',
      ),
  })
  .describe('How models get from the learner to those who answer.');
