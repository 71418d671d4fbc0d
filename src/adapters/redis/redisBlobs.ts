import { ErrorReply } from 'redis';
import { binary, type RedisClient } from './client.js';
import { Connection } from './connection.js';
import { Keys } from './keys.js';
import type { RedisStoreOptions } from './options.js';
import { runAlone, STORE_MODEL } from './scripts.js';

/** Bytes by key in Redis strings below the deployment's prefix: the form that checkpoints are kept in. */
export interface RedisBlobs {
  get(key: string): Promise<Uint8Array | null>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** In one step. */
  delete(keys: readonly string[]): Promise<void>;
  keys(prefix: string): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * Blobs on a connection of their own: a checkpoint of some megabytes holds up no query.
 * @throws LetheError `config-invalid` where Redis can't be reached in time
 */
export async function openRedisBlobs(options: RedisStoreOptions): Promise<RedisBlobs> {
  const connection = await Connection.open(options, async () => undefined);
  const prefix = `${new Keys(options.model).prefix}checkpoint:`;
  return {
    get: (key) => connection.run((client) => binary(client).get(prefix + key)),
    put: async (key, bytes) => {
      const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      await connection.run((client) => stored(client, prefix + key, value));
    },
    delete: async (keys) => {
      await connection.run((client) => client.del(keys.map((key) => prefix + key)));
    },
    keys: (start) =>
      connection.run(async (client) => {
        const found: string[] = [];
        const pattern = `${prefix}${start}*`.replaceAll(/[[\]?\\]/g, '\\$&');
        for await (const keys of client.scanIterator({ MATCH: pattern, COUNT: 500, TYPE: 'string' }))
          found.push(...keys);
        return [...new Set(found)].map((key) => key.slice(prefix.length));
      }),
    close: () => connection.close(),
  };
}

async function stored(client: RedisClient, key: string, value: Buffer): Promise<void> {
  try {
    await client.set(key, value);
  } catch (error) {
    if (!(error instanceof ErrorReply && error.message.startsWith('OOM'))) throw error;
    await runAlone(client, STORE_MODEL, key, [value]);
  }
}
