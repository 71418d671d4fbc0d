import { ErrorReply } from 'redis';
import type { RedisClient } from './client.js';

/**
 * Which run of which server the connection leads to. Another one, after a restart or a failover, may hold an older state:
 * the learner looks at it before anyone answers from it.
 */
export class ServerRun {
  #id: string | null = null;

  /** Asks the server, after each connecting. A user that may not (INFO) can't tell runs apart, and does not wait for the learner. */
  async ask(client: RedisClient): Promise<void> {
    try {
      this.#id = /^run_id:(\w+)/m.exec(await client.info('server'))?.[1] ?? null;
    } catch (error) {
      if (!(error instanceof ErrorReply)) throw error;
      this.#id = null;
    }
  }

  /** Null where it is not known. */
  get id(): string | null {
    return this.#id;
  }

  /** @param verified run id that the learner noted */
  isVerified(verified: string | null | undefined): boolean {
    return this.#id === null || this.#id === verified;
  }
}
