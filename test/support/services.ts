import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type KafkaOptions, type KafkaService, startKafka } from '../../scripts/services/kafka.js';
import type { ProcessHandle } from '../../scripts/services/processHandle.js';
import { type RedisOptions, type RedisService, startRedis } from '../../scripts/services/redis.js';
import { type SchemaRegistryService, startSchemaRegistry } from '../../scripts/services/schemaRegistry.js';
import type { SharedServices } from './globalServices.js';

/**
 * A Kafka broker and a Redis Stack server that all test files of the run share: use topics, groups, keys and indexes of
 * names that are yours alone, and leave the processes be. The first caller waits some seconds; call it in `beforeAll`.
 */
export async function sharedServices(): Promise<SharedServices> {
  const response = await fetch(inject('sharedServices'));
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as SharedServices;
}

/** A broker of the caller's own, to kill, freeze and restart. `dispose` ends it and removes its folder. */
export function ownKafka(options: Omit<KafkaOptions, 'folder'> = {}): Promise<Own<KafkaService>> {
  return own('kafka', (folder) => startKafka({ ...options, folder }));
}

/** A Redis Stack server of the caller's own, to kill, freeze and restart. `dispose` ends it and removes its folder. */
export function ownRedis(options: Omit<RedisOptions, 'folder'> = {}): Promise<Own<RedisService>> {
  return own('redis', (folder) => startRedis({ ...options, folder }));
}

/** A schema registry of the caller's own. `dispose` ends it and removes its folder. */
export function ownSchemaRegistry(
  options: { readonly port?: number } = {},
): Promise<Own<SchemaRegistryService>> {
  return own('schema-registry', (folder) => startSchemaRegistry({ ...options, folder }));
}

/** A service that only its test uses. */
export type Own<T extends ProcessHandle> = T & { dispose(): Promise<void> };

async function own<T extends ProcessHandle>(
  name: string,
  start: (folder: string) => Promise<T>,
): Promise<Own<T>> {
  const folder = await mkdtemp(join(tmpdir(), `lethe-own-${name}-`));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const service = await start(folder);
    return Object.assign(service, {
      dispose: async () => {
        await service.kill();
        await remove();
      },
    });
  } catch (error) {
    await remove();
    throw error;
  }
}
