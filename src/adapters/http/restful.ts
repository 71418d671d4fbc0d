import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Duration of a pause: long enough to see what else the event loop does. */
const REST_MS = 20;
/** Work between two pauses on an idle event loop, and on a fully used one. */
const LONGEST_MS = 200;
const SHORTEST_MS = 1;

/**
 * Like `unhurried` (domain/pace.ts), but for many small steps. It prevents readers of old records from slowing down
 * live answers. All such readers of a process share one: they pause together, and the more others use the event loop
 * during a pause, the shorter is the work until the next. On an idle worker, the pauses take about a tenth of the
 * time.
 */
export class Restful {
  #until = performance.now() + SHORTEST_MS;
  #resting: Promise<void> | undefined;

  /** Must be awaited after every record: resolves immediately, or after a pause that is due. */
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
