import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { LetheError } from '../../domain/errors.js';
import type { LearnerLease } from '../learnerLease.js';
import type { RedisClient } from './client.js';
import type { Connection } from './connection.js';
import type { Fence } from './fence.js';
import type { Keys } from './keys.js';
import { LEASE, RELEASE, runAlone } from './scripts.js';

/** Interval between requests or renewals of the lease, as a share of its duration. */
const SHARE = 1 / 4;
/** How long a release may take: a standby also notices the end without it. */
const RELEASE_MS = 1000;

/**
 * The lease in Redis. A key without expiry names the learner; another key with an expiry says that it is alive. A
 * learner that was silent for too long stays the learner until another worker requests the lease. After that, Redis
 * refuses every script of the former learner ({@link Fence}), because each script that writes compares the name.
 */
export class RedisLease implements LearnerLease {
  readonly lost: Promise<LetheError>;
  readonly #token = randomUUID();
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #leaseMs: number;
  readonly #fence: Fence;
  readonly #over = new AbortController();
  #asked = false;

  constructor(connection: Connection, keys: Keys, fence: Fence, leaseMs: number) {
    this.#connection = connection;
    this.#keys = keys;
    this.#fence = fence;
    this.#leaseMs = leaseMs;
    this.lost = fence.replaced.then(() => this.#replacedError());
  }

  async acquire(onWaiting: () => void, signal: AbortSignal): Promise<void> {
    this.#asked = true;
    let waited = false;
    while (!(await this.#ask('acquire'))) {
      if (!waited) onWaiting();
      waited = true;
      await wait(this.#leaseMs * SHARE, undefined, { signal });
    }
    signal.throwIfAborted();
    this.#fence.learner = this.#token;
    void this.#renew();
  }

  /** Lets a standby take over immediately, if Redis can be reached now. */
  async release(): Promise<void> {
    this.#over.abort();
    if (!this.#asked) return;
    const told = this.#connection.run((client) =>
      runAlone(client, RELEASE, this.#keys.version, [this.#token]),
    );
    await Promise.race([told, wait(RELEASE_MS, undefined, { ref: false })]).catch(() => undefined);
  }

  /** Until the lease is released, the connection closed, or another worker is the learner. */
  async #renew(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      try {
        await wait(this.#leaseMs * SHARE, undefined, { signal, ref: false });
        if (!(await this.#ask('renew'))) return this.#fence.replace();
      } catch {
        // Of the end; or Redis refused it, e.g. since rights were taken away, as it refuses all that this learner wants to
        // change: those who want it tell, and the lease is asked for again.
      }
    }
  }

  /** @returns whether this worker is the learner */
  async #ask(what: 'acquire' | 'renew'): Promise<boolean> {
    const words = [this.#token, String(this.#leaseMs), what];
    const run = (client: RedisClient) => runAlone(client, LEASE, this.#keys.version, words);
    return (await this.#connection.run(run)) === 'held';
  }

  #replacedError(): LetheError {
    return new LetheError('learner-replaced', 'another worker has become the learner of this model', {
      field: 'worker.leaseMs',
      value: String(this.#leaseMs),
      remedy:
        'Start this worker again: it then stands by. If it was only slow, raise worker.leaseMs for all learners.',
      retriable: true,
    });
  }
}
