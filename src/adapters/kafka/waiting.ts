import { setTimeout as sleep } from 'node:timers/promises';
import type { LetheError } from '../../domain/errors.js';
import { type Pauses, pauseAfter } from '../../domain/pauses.js';
import { closedError } from '../closedError.js';
import {
  isForbidden,
  isRefusal,
  isTooLarge,
  isUnknownTopic,
  permanentError,
  textOf,
  unknownTopicError,
} from './failures.js';
import type { KafkaConnectionOptions } from './options.js';

/** Wakes everyone who waits for a change. */
export class Signal {
  readonly #waiting = new Set<() => void>();

  fire(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** The next change, or the end of `ms`. */
  next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
    });
  }
}

/** Sleeps, but no longer than until the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

const PAUSES: Pauses = { first: 50, longest: 2000 };
/** A topic that is missing for so long is not merely on its way through the cluster. */
const UNKNOWN_TOPIC_MS = 10_000;

/** What is done with topics: what succeeded once is waited for when it fails later. */
export interface Deed {
  /** In the words of a reason, e.g. `write to`. */
  readonly what: string;
  readonly topics: readonly string[];
}

/** What the patient attempts of a log have in common, and what they learnt. */
export class Patience {
  readonly #done = new Set<string>();
  readonly #troubles = new Map<object, string>();
  #told: string | undefined;

  /**
   * @param signal aborted when the log is closed
   * @param changed told why the cluster can't do what is asked of it, when that changes; `undefined` where it can
   */
  constructor(
    readonly options: KafkaConnectionOptions,
    readonly signal: AbortSignal,
    private readonly changed: (why: string | undefined) => void,
  ) {}

  /** Whether all that was asked last was done. */
  get well(): boolean {
    return this.#troubles.size === 0;
  }

  /** `who` waits, until {@link over} is called. */
  troubled(who: object, why: string): void {
    this.#troubles.set(who, why);
    this.#tell();
  }

  over(who: object): void {
    if (this.#troubles.delete(who)) this.#tell();
  }

  succeeded({ what, topics }: Deed): void {
    for (const topic of topics) this.#done.add(`${what} ${topic}`);
  }

  /**
   * What waiting for it will not mend; `undefined` for all the rest. What a log was never let do, or found no topic for, is
   * wrong in the configuration. What it did before will be possible again: whoever took the rights away, deleted the topic or
   * stopped the replicas is told by {@link troubled} that it is waited for. So are changes of users and certificates: the
   * log was connected once.
   * @param since when it was first tried
   */
  refusal(thrown: unknown, { what, topics }: Deed, since: number): LetheError | undefined {
    const didBefore = topics.every((topic) => this.#done.has(`${what} ${topic}`));
    if (isRefusal(thrown) || (isForbidden(thrown) && !didBefore)) return permanentError(thrown, this.options);
    if (!isUnknownTopic(thrown) || didBefore || Date.now() - since <= UNKNOWN_TOPIC_MS) return undefined;
    const { topicsExist = [] } = this.options;
    return topics.every((topic) => topicsExist.includes(topic)) ? undefined : unknownTopicError(thrown);
  }

  #tell(): void {
    const [why] = this.#troubles.values();
    if (why === this.#told || this.signal.aborted) return;
    this.#told = why;
    this.changed(why);
  }
}

/** Why something has to wait, as /readyz and the log say it. */
export function reasonOf(thrown: unknown, { what, topics }: Deed): string {
  const where = topics.length === 0 ? '' : ` ${topics.join(', ')}`;
  return `${what}${where}: ${isUnknownTopic(thrown) ? 'there is no such topic' : textOf(thrown)}`;
}

/** Tries until it succeeds, the log is closed, or the failure is one that no retry mends. */
export async function persist<T>(patience: Patience, deed: Deed, attempt: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const who = {};
  try {
    for (let failures = 1; ; failures++) {
      if (patience.signal.aborted) throw closedError();
      try {
        const result = await attempt();
        patience.succeeded(deed);
        return result;
      } catch (thrown) {
        if (patience.signal.aborted) throw closedError();
        // Smaller requests may succeed, which is not for here to make.
        const refusal = isTooLarge(thrown) ? thrown : patience.refusal(thrown, deed, started);
        if (refusal) throw refusal;
        patience.troubled(who, reasonOf(thrown, deed));
        patience.options.log?.debug({ err: thrown, ...deed }, 'Kafka: trying again');
        await pause(pauseAfter(failures, PAUSES) * (0.5 + Math.random()), patience.signal);
      }
    }
  } finally {
    patience.over(who);
  }
}
