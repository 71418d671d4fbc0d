import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryLog } from '../../../src/adapters/memory/log/memoryLog.js';
import { createMetrics } from '../../../src/telemetry/metrics.js';
import { around, learn, type Processing, startProcessing } from '../../support/processing.js';

describe('a query whose record tells no time', () => {
  let processing: Processing | undefined;
  afterEach(() => processing?.stop());

  it.each([-1, 1.7e18, Number.NaN])('is answered at %d, and counts into no latency', async (time) => {
    let now = Date.now();
    const log = createMemoryLog({
      partitions: 2,
      capacity: { records: 10_000, bytes: 2 ** 28 },
      now: () => now,
    });
    processing = startProcessing({ log });
    await learn(processing, 't1', { cat: 0, dog: 4 });
    now = time;
    const answer = await processing.query('q', around(0, 3));
    expect(answer).toMatchObject({ label: 'cat', latencyMs: null });
    const metrics = createMetrics();
    metrics.observePrediction(answer, undefined);
    expect(await metrics.expose()).toMatch(/lethe_query_latency_seconds_count 0/);
    metrics.close();
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await processing.event('unlearned');
  });
});
