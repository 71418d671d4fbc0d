import { expect, it } from 'vitest';
import { unhurried } from '../../../src/domain/pace.js';

it('does the step at once and leaves the event loop to others for longer than the step took', async () => {
  let stepMs = 0;
  const started = performance.now();
  const working = unhurried(() => {
    while (performance.now() - started < 5);
    stepMs = performance.now() - started;
    return 'result';
  });
  expect(stepMs).toBeGreaterThan(0);
  expect(await working).toBe('result');
  // A timer may be a millisecond early.
  expect(performance.now() - started).toBeGreaterThanOrEqual(Math.min(4 * stepMs, stepMs + 30) - 1);
});

it('hands an error on', async () => {
  await expect(unhurried(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});
