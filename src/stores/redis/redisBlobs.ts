import { binary } from './client.js';
import { Connection } from './connection.js';
import { Keys } from './keys.js';
import type { RedisStoreOptions } from './options.js';

/** Bytes by key in Redis strings below the deployment's prefix: the form that checkpoints are kept in. */
export interface RedisBlobs {
  get(key: string): Promise<Uint8Array | null>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
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
      await connection.run((client) => client.set(prefix + key, value));
    },
    delete: async (key) => {
      await connection.run((client) => client.del(prefix + key));
    },
    keys: (start) =>
      connection.run(async (client) => {
        const found: string[] = [];
        const pattern = `${prefix}${start}*`.replaceAll(/[[\]?\\]/g, '\\$&');
        for await (const keys of client.scanIterator({ MATCH: pattern, COUNT: 500 })) found.push(...keys);
        return [...new Set(found)].map((key) => key.slice(prefix.length));
      }),
    close: () => connection.close(),
  };
}
