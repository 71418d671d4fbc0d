import type { KnowledgeStore } from '../knowledgeStore.js';
import { Connection } from './connection.js';
import { Durability } from './durability.js';
import { entitySchemas } from './entities.js';
import { Fence } from './fence.js';
import { Keys } from './keys.js';
import { Layouts } from './layouts.js';
import type { RedisStoreOptions } from './options.js';
import { keepingWarnings } from './persistence.js';
import { redisHistory } from './redisHistory.js';
import { redisHolders } from './redisHolders.js';
import { RedisLease } from './redisLease.js';
import { RedisRegistry } from './redisRegistry.js';
import { RedisVectors } from './redisVectors.js';
import { rewriteFiles } from './rewriteFiles.js';
import { ServerRun } from './serverRun.js';
import { VectorIndex } from './vectorIndex.js';

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
  const vectorIndex = new VectorIndex({ keys, schemas, options });
  const serverRun = new ServerRun();
  const warned = new Set<string>();
  const connection = await Connection.open(options, async (client) => {
    await serverRun.ask(client);
    await vectorIndex.prepare(client);
    const warnings = await keepingWarnings(client);
    for (const warning of warnings) if (!warned.has(warning)) options.warn?.(warning);
    warned.clear();
    for (const warning of warnings) warned.add(warning);
  });
  vectorIndex.watch(connection);
  const layouts = new Layouts(connection, keys);
  const durability = new Durability(options, keys, options.durable ?? { disk: false, replicas: 0 });
  const parts = { connection, keys, layouts, fence: new Fence(), vectorIndex, durability, serverRun };
  const vectors = new RedisVectors(options, parts);
  const registry = new RedisRegistry(options.dimension, schemas, parts);
  const asItIs = new RedisRegistry(options.dimension, schemas, parts, 'as it is');
  const lease = new RedisLease(connection, keys, parts.fence, options.leaseMs ?? LEASE_MS);

  registry.begin(await asItIs.refresh());
  return {
    vectors,
    registry,
    lease,
    holders: redisHolders(connection, keys),
    history: redisHistory(parts, vectors, { held: registry, asItIs }),
    migrate: (decide) => registry.migrate(decide),
    insert: (records, registryVersion) => {
      const open = [...registry.snapshot().tasks.values()].filter(({ state }) => state === 'open');
      return vectors.insertAt(
        registryVersion,
        records,
        open.map(({ name }) => name),
      );
    },
    withdraw: (ids, learning) => vectors.withdraw(ids, learning),
    detector: (hash) => registry.detector(hash),
    rewriteFiles: () => connection.run(rewriteFiles),
    ready: async () => {
      await connection.ready();
      await vectorIndex.ready();
    },
    close: async () => {
      await lease.release();
      vectorIndex.close();
      await Promise.all([connection.close(), durability.close()]);
    },
  };
}
