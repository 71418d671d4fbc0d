import { setTimeout as sleep } from 'node:timers/promises';
import { closedError } from '../closedError.js';
import { isUnknownTopic, permanentError, unknownTopicError } from './failures.js';
import type { KafkaConnectionOptions } from './options.js';

/** Runs tasks one after the other. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** When all that was given so far has run. */
  async idle(): Promise<void> {
    await this.#last;
  }
}

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

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;
/** A topic that is missing for so long is not merely on its way through the cluster. */
const UNKNOWN_TOPIC_MS = 10_000;

/** What a patient attempt needs to know. */
export interface Patience {
  readonly options: KafkaConnectionOptions;
  /** Aborted when the log is closed. */
  readonly signal: AbortSignal;
  /** Told how each attempt ended. */
  answered(connected: boolean, why?: unknown): void;
}

/** Tries until it succeeds, the log is closed, or the failure is one that no retry mends. */
export async function persist<T>(patience: Patience, attempt: () => Promise<T>): Promise<T> {
  const started = Date.now();
  for (let delay = FIRST_PAUSE_MS; ; delay = Math.min(2 * delay, LONGEST_PAUSE_MS)) {
    if (patience.signal.aborted) throw closedError();
    try {
      const result = await attempt();
      patience.answered(true);
      return result;
    } catch (thrown) {
      if (patience.signal.aborted) throw closedError();
      const permanent = permanentError(thrown, patience.options);
      if (permanent) throw permanent;
      if (isUnknownTopic(thrown)) {
        if (Date.now() - started > UNKNOWN_TOPIC_MS) throw unknownTopicError(thrown);
      } else patience.answered(false, thrown);
      patience.options.log?.debug({ err: thrown }, 'Kafka: trying again');
      await pause(delay * (0.5 + Math.random()), patience.signal);
    }
  }
}
