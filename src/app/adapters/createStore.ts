import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { DiskFile } from '../../adapters/disk/file.js';
import type { KnowledgeStore } from '../../adapters/knowledgeStore.js';
import { createMemoryStore } from '../../adapters/memory/store/createMemoryStore.js';
import type { RedisNeed, RedisStoreOptions } from '../../adapters/redis/options.js';
import { LetheError } from '../../domain/errors.js';
import { blobCheckpoints } from '../../model/checkpoint/blobCheckpoints.js';
import { type CheckpointStore, folderCheckpoints } from '../../model/checkpoint/checkpointStore.js';
import { type Copies, copiesIn } from '../../model/checkpoint/copies.js';
import { type OwnedCheckpoints, ownedCheckpoints } from '../../model/checkpoint/ownedCheckpoints.js';
import type { Embedder } from '../../model/embedder/embedder.js';
import type { LetheConfig } from '../config/schema.js';

/** Redis, and what it may lack while it is there; that of the checkpoints has a connection of its own. */
export type RedisService = RedisName | `${RedisName} ${RedisNeed}`;
type RedisName = 'redis' | 'redis checkpoints';
type OnRedis = (service: RedisService, connected: boolean, why?: string) => void;

/** Stores of a worker. */
export interface Stores {
  readonly store: KnowledgeStore;
  readonly checkpoints: CheckpointStore;
  readonly copies: Copies;
  /** What models of processes before this one are there that no registry will ever name again: those of stores in memory. */
  readonly removeLeft?: OwnedCheckpoints['removeLeft'];
  close(): Promise<void>;
}

/** What makes the vectors. */
export type Vectoriser = Pick<Embedder, 'name' | 'fingerprint' | 'dimension'>;

/**
 * The stores that the config names.
 * @param file where vectors and classes are kept on disk
 * @throws LetheError `config-invalid` where Redis can't be used as the config says, or workers could not share
 */
export async function createStores(
  config: LetheConfig,
  vectoriser: Vectoriser,
  logger: Logger,
  onConnection: OnRedis,
  file: DiskFile | null,
): Promise<Stores> {
  const { name: embedder, fingerprint, dimension } = vectoriser;
  refuseLonelyStores(config);
  refuseEphemeralFolder(config);
  const local = config.model.checkpoints;
  const copies = await copiesIn(local);
  if (config.stores.kind === 'disk') {
    if (!file) throw new RangeError('stores.kind is disk, and there is no file');
    const { createDiskStore } = await import('../../adapters/disk/store/createDiskStore.js');
    const marked = fingerprint !== undefined && { fingerprint };
    const store = createDiskStore(file, { model: config.model.name, embedder, dimension, ...marked });
    return { store, checkpoints: folderCheckpoints(local), copies, close: () => store.close() };
  }
  if (config.stores.kind === 'memory') {
    const store = createMemoryStore({ dimension });
    const owner = { model: config.model.name, host: hostname(), pid: process.pid };
    const checkpoints = ownedCheckpoints(local, folderCheckpoints(local), owner);
    const close = async (): Promise<void> => {
      checkpoints.release();
      await store.close();
    };
    return { store, checkpoints, copies, removeLeft: checkpoints.removeLeft, close };
  }
  const optionsOf = (name: RedisName): RedisStoreOptions =>
    redisOptions(config, vectoriser, logger, { name, onConnection });
  const { createRedisStore } = await import('../../adapters/redis/createRedisStore.js');
  const store = await createRedisStore(optionsOf('redis'));
  if (config.checkpoints.kind === 'folder') {
    return { store, checkpoints: folderCheckpoints(local), copies, close: () => store.close() };
  }
  const { openRedisBlobs } = await import('../../adapters/redis/redisBlobs.js');
  const blobs = await openRedisBlobs(optionsOf('redis checkpoints'));
  const checkpoints = blobCheckpoints(blobs, { cache: local, scheme: 'redis' });
  return {
    store,
    checkpoints,
    copies,
    close: async () => {
      await Promise.all([store.close(), blobs.close()]);
    },
  };
}

function redisOptions(
  { stores, model, worker }: LetheConfig,
  { name: embedder, fingerprint, dimension }: Vectoriser,
  logger: Logger,
  { name, onConnection }: { readonly name: RedisName; readonly onConnection: OnRedis },
): RedisStoreOptions {
  const { url, username, password, ca, startTimeoutMs, durable, index } = stores.redis;
  return {
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(ca !== undefined && { tls: { ca } }),
    model: model.name,
    dimension,
    embedder: {
      name: embedder,
      ...(fingerprint !== undefined && { fingerprint }),
      isNoted: worker.role !== 'infer',
    },
    index,
    startTimeoutMs,
    durable,
    leaseMs: worker.leaseMs,
    onConnection: (connected, why) => onConnection(name, connected, why),
    onWaiting: (need, why) => {
      if (why !== null && need === 'data') logger.error({ service: name }, why);
      onConnection(`${name} ${need}`, why === null, why ?? undefined);
    },
    warn: (text) => logger.warn(text),
  };
}

/** Offsets that outlive the process with vectors that don't would lose samples, and workers would not see each other's. */
function refuseLonelyStores({ transport, stores, checkpoints, worker }: LetheConfig): void {
  if (stores.kind === 'redis') return;
  const why =
    transport.kind === 'kafka'
      ? stores.kind === 'disk'
        ? 'workers over Kafka share their stores, but a folder is of one process'
        : 'Kafka remembers what was read, but the memory store forgets it with the process'
      : worker.role !== 'all'
        ? `a worker of role ${worker.role} shares its stores with others`
        : checkpoints.kind === 'redis'
          ? 'checkpoints.kind is redis'
          : undefined;
  if (why !== undefined)
    throw lonely(stores.kind, why, 'Set stores.kind to redis and stores.redis.url to a Redis Stack.');
  if (transport.kind === 'disk' && stores.kind === 'memory')
    throw lonely(
      stores.kind,
      'the log on disk remembers what was read, but the memory store forgets it with the process',
      'Set both kinds to disk, or both to memory (`lethe run --memory`).',
    );
}

function lonely(kind: string, why: string, remedy: string): LetheError {
  return new LetheError('config-invalid', `stores.kind is ${kind}: ${why}`, {
    field: 'stores.kind',
    value: kind,
    remedy,
  });
}

/** Models that others fetch from there must not go with this worker. */
function refuseEphemeralFolder({ checkpoints: { kind, ephemeral } }: LetheConfig): void {
  if (!ephemeral || kind === 'redis') return;
  throw new LetheError(
    'config-invalid',
    'checkpoints.ephemeral is set, but the folder contains the only models',
    {
      field: 'checkpoints.ephemeral',
      value: String(ephemeral),
      remedy: 'Set it to false, or set checkpoints.kind to redis.',
    },
  );
}
