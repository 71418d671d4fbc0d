/** Where vectors, the registry and models are kept. Every field says what it is for. */
import { z } from 'zod';
import { count, milliseconds, secret } from './common.js';

export const stores = z
  .strictObject({
    kind: z
      .enum(['disk', 'memory', 'redis'])
      .describe(
        'Where Lethe keeps vectors and classes. disk: in disk.folder, for one process; memory: in this process, and gone with it; redis: in stores.redis.',
      ),
    redis: z
      .strictObject({
        url: z
          .string()
          .regex(/^rediss?:\/\/[^@\s]+$/, 'redis://host:port or rediss://host:port, without a password')
          .describe('Address of Redis Stack or Redis 8. rediss: uses TLS.'),
        username: z.string().optional().describe('ACL user.'),
        password: secret.describe('Password. Set it by LETHE_STORES__REDIS__PASSWORD(_FILE) only.'),
        ca: z
          .string()
          .optional()
          .describe('PEM file of the certificate authority to trust. The default is those of the system.'),
        startTimeoutMs: milliseconds.describe('Time within which Redis must answer at the start.'),
        durable: z
          .strictObject({
            disk: z
              .boolean()
              .describe(
                'Whether Lethe reports a change only after it is in the append-only file of Redis, if Redis has one.',
              ),
            replicas: z
              .int()
              .min(0)
              .max(64)
              .describe('Replicas of Redis that must have a change before Lethe reports it.'),
          })
          .describe('When Lethe reports a change.'),
        index: z
          .strictObject({
            algorithm: z
              .enum(['flat', 'hnsw'])
              .describe('flat: exact; hnsw: approximate, and faster for many vectors.'),
            type: z.enum(['float32', 'float16']).describe('Stored precision. float16 halves the memory.'),
            m: count.max(512).describe('HNSW: number of links of each node.'),
            efConstruction: count.max(4096).describe('HNSW: number of candidates when inserting a vector.'),
            efRuntime: count.max(4096).describe('HNSW: number of candidates when searching.'),
          })
          .describe('The vector index. An existing index keeps its kind.'),
      })
      .describe('Redis.'),
  })
  .describe('DB-CIL, DB-MU and the class registry.');

export const disk = z
  .strictObject({
    folder: z
      .string()
      .min(1)
      .describe(
        'Folder of the file lethe.db, for stores.kind and transport.kind disk. One process works with it at a time.',
      ),
  })
  .describe('What one process keeps by itself.');

export const checkpoints = z
  .strictObject({
    kind: z
      .enum(['folder', 'redis'])
      .describe(
        'Where workers find models. folder: in model.checkpoints, which all workers share; redis: in stores.redis.',
      ),
    ephemeral: z
      .boolean()
      .describe(
        'With redis: whether model.checkpoints belongs to this worker alone and disappears with it, like the disk of a container. The worker empties it when it stops, and erasures no longer wait for it.',
      ),
  })
  .describe('How models get from the learner to the workers that answer.');
