import { randomUUID } from 'node:crypto';
import { ErrorReply } from 'redis';
import { NotDurableError } from './brokenData.js';
import type { RedisClient } from './client.js';
import { Connection } from './connection.js';
import type { Keys } from './keys.js';
import type { Durable, RedisStoreOptions } from './options.js';
import { runAlone, TOUCH } from './scripts.js';

/** How long Redis is asked to wait at once; asked again until it is so. */
const ASK_MS = 1000;
/** What Redis says that keeps no append-only file; of that the user is warned already. */
const NO_FILE = /appendonly is disabled/i;

/**
 * Waits until changes are durable. On a connection of its own: Redis lets one that waits do nothing else. A write of this
 * connection that is durable makes all durable that Redis did before it.
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

  /** Resolves when all changes that were answered before this call are durable. Those who ask meanwhile share one wait. */
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
    if (local === 0) throw new NotDurableError('Redis has not written to its disk yet', 'appendonly');
  } catch (error) {
    if (!(error instanceof ErrorReply && NO_FILE.test(error.message))) throw error;
  }
}

async function onReplicas(client: RedisClient, wanted: number): Promise<void> {
  const [found = 0] = await ask(client, 'WAIT', String(wanted));
  if (found >= wanted) return;
  const what = `${found} of ${wanted} replicas of Redis have what was changed`;
  throw new NotDurableError(what, 'stores.redis.durable.replicas');
}

async function ask(client: RedisClient, ...command: readonly string[]): Promise<number[]> {
  const reply = await client.sendCommand([...command, String(ASK_MS)]);
  return [reply].flat().map(Number);
}
