import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { expect } from 'vitest';
import { type RedisService, startRedis } from '../../scripts/services/redis.js';

const MANIFEST = join('appendonlydir', 'appendonly.aof.manifest');

/** What Redis was at a moment, to be put in the place of what it is. */
export interface Former {
  /** Ends Redis as a power cut would, and starts it with what it was. */
  takeOver(): Promise<void>;
}

/** Ways in which Redis goes back to a moment before: each begins at that moment. */
export const WAYS_BACK: Readonly<Record<string, (redis: RedisService) => Promise<Former>>> = {
  'a copy of its files is put back': copied,
  'a replica that lags takes over': replicated,
};

async function copied(redis: RedisService): Promise<Former> {
  const copy = await mkdtemp(join(tmpdir(), 'lethe-copy-'));
  const data = join(redis.folder, 'data');
  const manifest = (folder: string): Promise<string> => readFile(join(folder, MANIFEST), 'utf8');
  // Files that are written anew meanwhile make a copy of the old and the new ones.
  const isWhole = async (): Promise<boolean> => {
    const before = await manifest(data);
    await rm(copy, { recursive: true, force: true });
    await cp(data, copy, { recursive: true });
    return (await manifest(data)) === before && (await manifest(copy)) === before;
  };
  while (!(await isWhole().catch(() => false)));
  return {
    takeOver: async () => {
      await inPlaceOf(redis, copy);
      await rm(copy, { recursive: true });
    },
  };
}

async function replicated(redis: RedisService): Promise<Former> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-replica-'));
  const replica = await startRedis({ folder });
  const client = await createClient({ url: replica.url }).connect();
  await client.replicaOf('127.0.0.1', redis.port);
  const state = async () => {
    const info = `${await client.info('replication')}${await client.info('persistence')}`;
    return Object.fromEntries([...info.matchAll(/^(\w+):(\S*)/gm)].map(([, name, value]) => [name, value]));
  };
  await expect.poll(state, { interval: 50 }).toMatchObject({
    master_link_status: 'up',
    aof_enabled: '1',
    aof_rewrite_in_progress: '0',
    aof_rewrite_scheduled: '0',
  });
  // From here on it is behind.
  await client.sendCommand(['REPLICAOF', 'NO', 'ONE']);
  await client.close();
  return {
    takeOver: async () => {
      await replica.kill();
      await inPlaceOf(redis, join(folder, 'data'));
      await rm(folder, { recursive: true });
    },
  };
}

/** At the address of Redis is now one that holds these data. */
async function inPlaceOf(redis: RedisService, data: string): Promise<void> {
  await redis.kill();
  await rm(join(redis.folder, 'data'), { recursive: true });
  await cp(data, join(redis.folder, 'data'), { recursive: true });
  await redis.restart();
}
