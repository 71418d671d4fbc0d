import { randomUUID } from 'node:crypto';
import { ErrorReply } from 'redis';
import { NotDurableError } from './brokenData.js';
import type { RedisClient } from './client.js';
import { Connection } from './connection.js';
import type { Keys } from './keys.js';
import type { Durable, RedisStoreOptions } from './options.js';
import { runAlone, TOUCH } from './scripts.js';

/** How long one request to Redis waits; Lethe repeats it until it succeeds. */
const ASK_MS = 1000;
/** Reply of a Redis without an append-only file; Lethe has already warned about that. */
const NO_FILE = /appendonly is disabled/i;

/**
 * Waits until changes are durable. It uses a separate connection, because Redis lets a waiting connection do nothing
 * else. A durable write on this connection makes everything durable that Redis did before it.
 */
export class Durability {
  readonly #options: RedisStoreOptions;
  readonly #keys: Keys;
  readonly #durable: Durable;
  #connection: Promise<Connection> | undefined;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(options: RedisStoreOptions, keys: Keys, durable: Durable) {
    this.#options = options;
    this.#keys = keys;
    this.#durable = durable;
  }

  /** Resolves when all changes that were acknowledged before this call are durable. Concurrent calls share one wait. */
  confirmed(): Promise<void> {
    const { disk, replicas } = this.#durable;
    if (!disk && replicas === 0) return Promise.resolve();
    // One that runs already may have begun before the caller's change.
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#running = this.#confirm();
        return this.#running;
      });
    return this.#next;
  }

  async close(): Promise<void> {
    await (await this.#connection?.catch(() => undefined))?.close();
  }

  async #confirm(): Promise<void> {
    this.#connection ??= this.#open();
    const connection = await this.#connection;
    await connection.run(async (client) => {
      await runAlone(client, TOUCH, this.#keys.version, [randomUUID()]);
      if (this.#durable.disk) await onDisk(client);
      if (this.#durable.replicas > 0) await onReplicas(client, this.#durable.replicas);
    });
  }

  async #open(): Promise<Connection> {
    try {
      // Whether Redis can be reached, and what else it lacks, the other connection tells.
      const { onConnection: _, onWaiting, ...options } = this.#options;
      const tell: RedisStoreOptions['onWaiting'] = (need, why) => {
        if (need === 'durability') onWaiting?.(need, why);
      };
      return await Connection.open({ ...options, onWaiting: tell }, async () => undefined);
    } catch (error) {
      this.#connection = undefined;
      throw error;
    }
  }
}

async function onDisk(client: RedisClient): Promise<void> {
  try {
    const [local] = await ask(client, 'WAITAOF', '1', '0');
    if (local === 0)
      throw new NotDurableError('Redis has not written the changes to its disk yet', 'appendonly');
  } catch (error) {
    if (!(error instanceof ErrorReply && NO_FILE.test(error.message))) throw error;
  }
}

async function onReplicas(client: RedisClient, wanted: number): Promise<void> {
  const [found = 0] = await ask(client, 'WAIT', String(wanted));
  if (found >= wanted) return;
  const what = `${found} of ${wanted} replicas of Redis have the changes`;
  throw new NotDurableError(what, 'stores.redis.durable.replicas');
}

async function ask(client: RedisClient, ...command: readonly string[]): Promise<number[]> {
  const reply = await client.sendCommand([...command, String(ASK_MS)]);
  return [reply].flat().map(Number);
}
