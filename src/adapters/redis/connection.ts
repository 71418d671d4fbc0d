import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import pRetry from 'p-retry';
import { holdsCertificate } from '../../domain/certificate.js';
import { type Pauses, pauseAfter } from '../../domain/pauses.js';
import { openClient, type RedisClient } from './client.js';
import {
  commandError,
  isAccessError,
  isTlsError,
  isTransient,
  lackOf,
  mismatch,
  startError,
  textOf,
} from './errors.js';
import { Gate } from './gate.js';
import type { RedisStoreOptions } from './options.js';
import { Waits } from './waits.js';
import { watchSilence } from './watchSilence.js';

const START_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 15_000;
const PAUSES: Pauses = { first: 50, longest: 2000 };
const BACKOFF = {
  retries: Number.POSITIVE_INFINITY,
  minTimeout: PAUSES.first,
  maxTimeout: PAUSES.longest,
  randomize: true,
};

/**
 * The connection to a Redis that may vanish and come back. Whenever it is (back) there, `prepare` is run first; until
 * that is done, operations wait. Operations that fail since Redis is away are done again: they must be idempotent.
 */
export class Connection {
  readonly #client: RedisClient;
  readonly #prepare: (client: RedisClient) => Promise<void>;
  readonly #options: RedisStoreOptions;
  readonly #gate = new Gate();
  readonly #closing = new AbortController();
  readonly #waits: Waits;
  #started = false;
  #connected: boolean | undefined;
  /** Why the last try to connect failed. */
  #why: unknown;
  /** Counts the connections made, so that preparing an older one ends. */
  #epoch = 0;

  private constructor(
    options: RedisStoreOptions,
    ca: string | undefined,
    prepare: (client: RedisClient) => Promise<void>,
  ) {
    this.#options = options;
    this.#prepare = prepare;
    this.#waits = new Waits((need, why) => {
      if (!this.#closing.signal.aborted) options.onWaiting?.(need, why);
    });
    setMaxListeners(0, this.#closing.signal);
    const deadline = Date.now() + (options.startTimeoutMs ?? START_TIMEOUT_MS);
    const silenceMs = options.silenceTimeoutMs ?? SILENCE_TIMEOUT_MS;
    this.#client = openClient(options, silenceMs, ca, (retries, cause) => {
      this.#why = cause;
      const isWrong = isAccessError(cause) || isTlsError(cause);
      const givesUp = !this.#started && this.#epoch === 0 && (isWrong || Date.now() > deadline);
      return givesUp ? false : backoff(retries);
    });
    this.#client.on('error', (error) => {
      if (!this.#client.isReady) this.#down(textOf(error));
    });
    this.#client.on('ready', () => void this.#up(++this.#epoch));
    watchSilence(this.#client, silenceMs, this.#closing.signal, () => this.#renew(silenceMs));
  }

  /** @throws LetheError `config-invalid` where Redis cannot be reached in time, or `prepare` finds a wrong setting */
  static async open(
    options: RedisStoreOptions,
    prepare: (client: RedisClient) => Promise<void>,
  ): Promise<Connection> {
    const ca = options.tls?.ca === undefined ? undefined : await pemAt(options.tls.ca);
    const connection = new Connection(options, ca, prepare);
    try {
      await connection.#connectInTime(options.startTimeoutMs ?? START_TIMEOUT_MS);
      await connection.ready();
      connection.#started = true;
      return connection;
    } catch (error) {
      connection.#closing.abort(error);
      if (connection.#client.isOpen) connection.#client.destroy();
      throw startError(error, options.url);
    }
  }

  /** Resolves when Redis is there and prepared. */
  ready(): Promise<void> {
    return this.#gate.passed();
  }

  /**
   * Runs commands, again where Redis vanishes or cannot serve for the moment, until the connection is closed. What it waits
   * for is told meanwhile (`onWaiting`); other operations go on.
   * @param work must issue its first commands before it waits for anything: they then go out in one batch
   * @throws LetheError `backend-unavailable`, `config-invalid` where Redis refuses the commands for another reason
   */
  async run<T>(work: (client: RedisClient) => Promise<T>): Promise<T> {
    const wait = this.#waits.begin();
    const attempt = async (): Promise<T> => {
      await this.#gate.passed();
      return work(this.#client);
    };
    try {
      return await pRetry(attempt, {
        ...BACKOFF,
        signal: this.#closing.signal,
        shouldRetry: ({ error }) => {
          const lack = lackOf(error);
          if (lack) wait.for(lack);
          return lack !== undefined || isTransient(error);
        },
      });
    } catch (error) {
      throw commandError(error);
    } finally {
      wait.over();
    }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const closed = new Error('the Redis store was closed');
    this.#closing.abort(closed);
    this.#gate.fail(closed);
    if (this.#client.isReady) await this.#client.close();
    else if (this.#client.isOpen) this.#client.destroy();
  }

  /** A host that answers nothing holds up a single try for longer than the start may take. */
  async #connectInTime(timeoutMs: number): Promise<void> {
    const connected = new AbortController();
    const late = wait(timeoutMs, undefined, { signal: connected.signal }).then(
      () => {
        const why = this.#why === undefined ? '' : ` (${textOf(this.#why)})`;
        throw Object.assign(new Error(`no answer within ${timeoutMs} ms${why}`), { syscall: 'connect' });
      },
      () => undefined,
    );
    const connecting = this.#client.connect().then(() => connected.abort());
    await Promise.race([connecting, late.then(() => connecting)]);
  }

  async #up(epoch: number): Promise<void> {
    const isCurrent = (): boolean => epoch === this.#epoch && this.#client.isReady;
    try {
      await pRetry(() => this.#prepare(this.#client), {
        ...BACKOFF,
        signal: this.#closing.signal,
        onFailedAttempt: ({ error }) => this.#down(lackOf(error)?.why ?? textOf(error)),
        // Once started, whatever is wrong may be put right without a restart of ours.
        shouldRetry: ({ error }) => isCurrent() && (this.#started || isTransient(error)),
      });
      if (!isCurrent()) return;
      this.#gate.open();
      this.#tell(true);
    } catch (error) {
      // A connection that was lost is prepared when it is back.
      if (!this.#started && isCurrent()) this.#gate.fail(error);
    }
  }

  /** Gives up a connection whose other end has vanished without a word. */
  #renew(silenceMs: number): void {
    this.#down(`no answer within ${silenceMs} ms`);
    this.#client.destroy();
    // Tries until it succeeds, and is then told by the event `ready`.
    this.#client.connect().catch(() => {});
  }

  #down(why: string): void {
    this.#gate.shut();
    this.#tell(false, why);
  }

  #tell(connected: boolean, why?: string): void {
    if (connected === this.#connected || this.#closing.signal.aborted) return;
    this.#connected = connected;
    this.#options.onConnection?.(connected, why);
  }
}

async function pemAt(path: string): Promise<string> {
  const remedy = 'Give a PEM file that this process can read.';
  const pem = await readFile(path, 'utf8').catch(() => {
    throw mismatch('stores.redis.ca', `the certificate ${path} can't be read`, path, remedy);
  });
  if (holdsCertificate(pem)) return pem;
  throw mismatch('stores.redis.ca', `${path} does not contain a certificate`, path, remedy);
}

/** With jitter, so that workers do not all come back at one moment. */
function backoff(retries: number): number {
  return pauseAfter(retries + 1, PAUSES) * (0.5 + Math.random() / 2);
}
