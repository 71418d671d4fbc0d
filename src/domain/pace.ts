import { setTimeout } from 'node:timers/promises';

/** How much longer than a step the pause after it is. */
const PAUSE = 3;
/** A step that took long waited for others itself. */
const LONGEST_MS = 30;

/**
 * Does a step of work that nobody waits for, on the event loop that answers queries, and then leaves the loop to others for
 * three times as long, or 30 ms: such work takes a quarter of the loop or so.
 */
export async function unhurried<T>(step: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await step();
  await setTimeout(Math.min(PAUSE * (performance.now() - started), LONGEST_MS));
  return result;
}
