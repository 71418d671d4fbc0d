import { setTimeout } from 'node:timers/promises';

/** How much longer than a step the pause after it is. */
const PAUSE = 3;
/** Longest pause: a step that took longer had to wait for other work itself. */
const LONGEST_MS = 30;

/**
 * Runs a step of background work on the event loop that answers queries. Then leaves the loop to others for three
 * times as long, at most 30 ms, so such work takes about a quarter of the loop.
 */
export async function unhurried<T>(step: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await step();
  await setTimeout(Math.min(PAUSE * (performance.now() - started), LONGEST_MS));
  return result;
}
