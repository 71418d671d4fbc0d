import { setMaxListeners } from 'node:events';
import pRetry from 'p-retry';
import { LetheError } from '../../domain/errors.js';
import { type Pauses, pauseAfter } from '../../domain/pauses.js';
import type { RedisClient } from './client.js';
import type { Connection } from './connection.js';
import { isIndexReply, type Lack, lackOf, replyIn, textOf } from './errors.js';
import { Gate } from './gate.js';
import { type Indexes, lookAfterIndexes } from './indexes.js';
import { type Wait, Waits } from './waits.js';

/** How often the indexes are looked after where nothing seems wrong: those that Lethe does not search itself may be gone, too. */
const WATCH_MS = 10_000;
const PAUSES: Pauses = { first: 100, longest: 2000 };
/** A search that Redis refuses for a reason that is not known, while its index is well, is done again so often. */
const TRIES = 3;

/**
 * The index that the vectors are searched by. It may vanish under a running worker: FLUSHDB in whichever database drops all
 * indexes of a Redis, and leaves the keys of the others. Then it is made again, and searches wait until it is whole.
 */
export class VectorIndex {
  readonly #indexes: Indexes;
  readonly #gate = new Gate();
  readonly #closing = new AbortController();
  readonly #wait: Wait;
  #isWatched = false;
  /** Ends the pause of the watch. */
  #wake: () => void = () => undefined;

  constructor(indexes: Indexes) {
    this.#indexes = indexes;
    setMaxListeners(0, this.#closing.signal);
    this.#wait = new Waits((need, why) => {
      if (!this.#closing.signal.aborted) indexes.options.onWaiting?.(need, why);
    }).begin();
  }

  /**
   * Looks after the indexes on a new connection. What is wrong with them then is mended by the watch.
   * @throws LetheError `config-invalid`, before the watch began, where the index is of other settings or Redis has no search
   */
  async prepare(client: RedisClient): Promise<void> {
    try {
      const fault = await lookAfterIndexes(client, this.#indexes);
      if (fault?.mismatch && !this.#isWatched) throw fault.mismatch;
      this.#settle(fault && { need: 'index', why: fault.why });
    } catch (error) {
      const lack = lackOf(error);
      const reply = replyIn(error);
      const waits = lack?.need === 'writes' || lack?.need === 'data' || (reply && isIndexReply(reply));
      // What was wrong from the beginning ends the start; later somebody may mend it.
      if (!waits && !(this.#isWatched && error instanceof LetheError)) throw error;
      this.#settle({ need: 'index', why: lack?.why ?? textOf(error) });
    }
  }

  /** Looks after the indexes from now on, until it is closed. */
  watch(connection: Connection): void {
    this.#isWatched = true;
    void this.#watch(connection);
  }

  /** Resolves when the vectors can be searched. */
  ready(): Promise<void> {
    return this.#gate.passed();
  }

  /** Searches as soon as the index is whole, and again where the index vanishes meanwhile. */
  search<T>(search: () => Promise<T>): Promise<T> {
    const attempt = async (): Promise<T> => {
      await this.#gate.passed();
      return search();
    };
    return pRetry(attempt, {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: PAUSES.first,
      maxTimeout: PAUSES.longest,
      signal: this.#closing.signal,
      shouldRetry: ({ error, attemptNumber }) => {
        const reply = replyIn(error);
        if (!reply || (attemptNumber >= TRIES && !isIndexReply(reply))) return false;
        this.#settle({ need: 'index', why: reply.message });
        this.#wake();
        return true;
      },
    });
  }

  close(): void {
    const closed = new Error('the Redis store was closed');
    this.#closing.abort(closed);
    this.#gate.fail(closed);
    this.#wake();
  }

  async #watch(connection: Connection): Promise<void> {
    for (let failures = 0; !this.#closing.signal.aborted; ) {
      try {
        await connection.run((client) => this.prepare(client));
      } catch (error) {
        // The connection was closed, or Redis refuses what it did not refuse before: rights may have been taken away.
        if (!this.#closing.signal.aborted) this.#settle({ need: 'index', why: textOf(error) });
      }
      failures = this.#gate.isOpen ? 0 : failures + 1;
      await this.#pause(failures === 0 ? WATCH_MS : pauseAfter(failures, PAUSES));
    }
  }

  #settle(lack: Lack | null): void {
    if (lack) {
      this.#gate.shut();
      this.#wait.for({ need: 'index', why: lack.why });
    } else {
      this.#gate.open();
      this.#wait.over();
    }
  }

  /** Until then, or until a search finds that something is wrong. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
