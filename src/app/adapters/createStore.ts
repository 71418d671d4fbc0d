import type { Logger } from 'pino';
import { LetheError } from '../../domain/errors.js';
import { blobCheckpoints } from '../../model/checkpoint/blobCheckpoints.js';
import { type CheckpointStore, folderCheckpoints } from '../../model/checkpoint/checkpointStore.js';
import type { KnowledgeStore } from '../../stores/knowledgeStore.js';
import { createMemoryStore } from '../../stores/memory/createMemoryStore.js';
import type { RedisStoreOptions } from '../../stores/redis/options.js';
import type { LetheConfig } from '../config/schema.js';

/** Stores of a worker. */
export interface Stores {
  readonly store: KnowledgeStore;
  readonly checkpoints: CheckpointStore;
  close(): Promise<void>;
}

/**
 * The stores that the config names.
 * @throws LetheError `config-invalid` where Redis can't be used as the config says, or workers could not share
 */
export async function createStores(
  config: LetheConfig,
  dimension: number,
  logger: Logger,
  onConnection: (connected: boolean, why?: string) => void,
): Promise<Stores> {
  refuseLonelyStores(config);
  const local = config.model.checkpoints;
  if (config.stores.kind === 'memory') {
    const store = createMemoryStore({ dimension });
    return { store, checkpoints: folderCheckpoints(local), close: () => store.close() };
  }
  const options = redisOptions(config, dimension, logger, onConnection);
  const { createRedisStore } = await import('../../stores/redis/createRedisStore.js');
  const store = await createRedisStore(options);
  if (config.checkpoints.kind === 'folder') {
    return { store, checkpoints: folderCheckpoints(local), close: () => store.close() };
  }
  const { openRedisBlobs } = await import('../../stores/redis/redisBlobs.js');
  const blobs = await openRedisBlobs(options);
  const checkpoints = blobCheckpoints(blobs, { cache: local, scheme: 'redis' });
  return {
    store,
    checkpoints,
    close: async () => {
      await Promise.all([store.close(), blobs.close()]);
    },
  };
}

function redisOptions(
  { stores, model, worker }: LetheConfig,
  dimension: number,
  logger: Logger,
  onConnection: (connected: boolean, why?: string) => void,
): RedisStoreOptions {
  const { url, username, password, ca, startTimeoutMs, index } = stores.redis;
  return {
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(ca !== undefined && { tls: { ca } }),
    model: model.name,
    dimension,
    index,
    startTimeoutMs,
    leaseMs: worker.leaseMs,
    onConnection,
    warn: (text) => logger.warn(text),
  };
}

/** Offsets that outlive the process with vectors that don't would lose samples, and workers would not see each other's. */
function refuseLonelyStores({ transport, stores, checkpoints, worker }: LetheConfig): void {
  if (stores.kind === 'redis') return;
  const why =
    transport.kind === 'kafka'
      ? 'Kafka remembers what was read, but the memory store forgets it with the process'
      : worker.role !== 'all'
        ? `a worker of role ${worker.role} shares its stores with others`
        : checkpoints.kind === 'redis'
          ? 'checkpoints.kind is redis'
          : undefined;
  if (why === undefined) return;
  throw new LetheError('config-invalid', `stores.kind is memory: ${why}`, {
    field: 'stores.kind',
    value: stores.kind,
    remedy: 'Set stores.kind to redis and stores.redis.url to a Redis Stack.',
  });
}
