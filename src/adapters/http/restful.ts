import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a rest is: long enough to see what else the event loop has to do. */
const REST_MS = 20;
/** Work between two rests on an idle event loop, and on one that is fully used. */
const LONGEST_MS = 200;
const SHORTEST_MS = 1;

/**
 * For many small steps what `unhurried` (domain/pace.ts) is for a large one. Keeps what reads the log from its beginning from slowing down live answers. All such readers of a process share one: they rest
 * together, now and then, and the more of the event loop others use during a rest, the shorter is the work until the next one.
 * On an idle worker about a tenth of the time is spent resting.
 */
export class Restful {
  #until = performance.now() + SHORTEST_MS;
  #resting: Promise<void> | undefined;

  /** To be awaited after every record: resolves at once, or after a rest that is due. */
  async rest(): Promise<void> {
    if (this.#resting === undefined && performance.now() < this.#until) return;
    this.#resting ??= this.#rest().finally(() => {
      this.#resting = undefined;
    });
    await this.#resting;
  }

  async #rest(): Promise<void> {
    const before = performance.eventLoopUtilization();
    await sleep(REST_MS);
    const { utilization } = performance.eventLoopUtilization(before);
    this.#until = performance.now() + workAfter(utilization);
  }
}

/**
 * Milliseconds of work until the next rest.
 * @param utilization the share of the event loop that others used, 0 to 1
 * @example workAfter(0.5) // 20: as much as they
 */
export function workAfter(utilization: number): number {
  const fair = (REST_MS * (1 - utilization)) / Math.max(utilization, Number.EPSILON);
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, fair));
}
