import type { KnowledgeStore } from '../knowledgeStore.js';
import { Connection } from './connection.js';
import { entitySchemas } from './entities.js';
import { Fence } from './fence.js';
import { prepareIndexes } from './indexes.js';
import { Keys } from './keys.js';
import { Layouts } from './layouts.js';
import type { RedisStoreOptions } from './options.js';
import { persistenceWarning } from './persistence.js';
import { RedisLease } from './redisLease.js';
import { RedisRegistry } from './redisRegistry.js';
import { RedisVectors } from './redisVectors.js';
import { rewriteFiles } from './rewriteFiles.js';

const LEASE_MS = 10_000;

/**
 * Databases and registry in Redis Stack (or Redis 8), shared by all workers of a deployment. Redis may vanish and come
 * back: whatever is asked for meanwhile waits.
 * @throws LetheError `config-invalid` where Redis cannot be reached in time, refuses access or has an index of other
 * settings
 */
export async function createRedisStore(options: RedisStoreOptions): Promise<KnowledgeStore> {
  const keys = new Keys(options.model);
  const schemas = entitySchemas(keys);
  const connection = await Connection.open(options, (client) =>
    prepareIndexes(client, keys, schemas, options),
  );
  const layouts = new Layouts(connection, keys);
  const fence = new Fence();
  const vectors = new RedisVectors(options, connection, keys, layouts, fence);
  const registry = new RedisRegistry(connection, keys, schemas, layouts, fence);
  const lease = new RedisLease(connection, keys, fence, options.leaseMs ?? LEASE_MS);

  const warning = await connection.run(persistenceWarning);
  if (warning) options.warn?.(warning);
  await registry.refresh();
  return {
    vectors,
    registry,
    lease,
    migrate: (decide) => registry.migrate(decide),
    insert: (records, registryVersion) => vectors.insertAt(registryVersion, records),
    rewriteFiles: () => connection.run(rewriteFiles),
    ready: () => connection.ready(),
    close: async () => {
      await lease.release();
      await connection.close();
    },
  };
}
