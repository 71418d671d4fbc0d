import { randomInt, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRedisStore } from '../../../src/adapters/redis/createRedisStore.js';
import type { EventKind } from '../../../src/domain/messages/event.js';
import { interleaved } from '../../interleavings/interleaved.js';
import { useRealTime, useVirtualTime } from '../../interleavings/virtualTime.js';
import { PATCH_DIMENSION } from '../../support/patchEmbedder.js';
import { ownRedis } from '../../support/services.js';

/** Some; `npm run test:interleavings` asks for more. */
const RUNS = Number(process.env.LETHE_INTERLEAVINGS_REDIS ?? 40);
const SEED = Number(
  process.env.LETHE_INTERLEAVINGS_SEED ?? (process.env.LETHE_INTERLEAVINGS_REDIS ? randomInt(2 ** 31) : 15),
);
/** Each of some 8,000 operations wakes another process, which takes a busy machine its while. */
const PATIENCE_MS = 900_000;
const index = { algorithm: 'flat', m: 16, efConstruction: 200, efRuntime: 64, type: 'float32' } as const;

let redis: Awaited<ReturnType<typeof ownRedis>>;
beforeAll(async () => {
  redis = await ownRedis({});
  useVirtualTime({ creeps: true });
});
afterAll(async () => {
  useRealTime();
  await redis.dispose();
});

it(`${RUNS} random interleavings end as a simple model says, in Redis (seed ${SEED})`, {
  timeout: Math.max(PATIENCE_MS, RUNS * 10_000),
}, async () => {
  const happened = new Map<EventKind, number>();
  // Redis needs real time to write its files anew, and the clock of this test is not real: test/integration/erasureCompleted has that.
  const store = async () => ({
    store: Object.assign(
      await createRedisStore({
        ...{ url: redis.url, model: `test-${randomUUID()}` },
        ...{ dimension: PATCH_DIMENSION, index },
      }),
      { rewriteFiles: async () => 'none' as const },
    ),
  });
  await fc.assert(interleaved(store, happened), { numRuns: RUNS, seed: SEED, endOnFailure: RUNS > 1000 });
  expect([...happened.keys()]).toEqual(expect.arrayContaining(['task-announced', 'samples-unlearned']));
});
