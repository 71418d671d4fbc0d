import { defineConfig } from 'vitest/config';

/**
 * The fast unit tests: `npm run test:unit`. They need nothing but memory, and run in few processes, since most of their time is
 * the loading of modules. A test that waits for what never comes fails within ten seconds.
 */
export default defineConfig({
  // `lethe/internal/*` and the packages as their sources, see tsconfig.json.
  resolve: { tsconfigPaths: true },
  test: {
    include: [
      'packages/client/test/unit/**/*.test.ts',
      'test/unit/{answering,auditing,domain,forgetting,knowledge,learning,operators,telemetry}/**/*.test.ts',
      'test/unit/adapters/{*,memory/store/*,redis/*}.test.ts',
      'test/unit/streams/{*,history/*}.test.ts',
      'test/unit/model/{answer,filter,strategies}/**/*.test.ts',
      'test/unit/model/vote.test.ts',
    ],
    // Of these each takes longer than a hundred of the others; `npm test` runs them.
    exclude: [
      'test/unit/domain/{auditChain,normalForm}.test.ts',
      'test/unit/streams/{auditing,clearing,erasing}.test.ts',
      'test/unit/telemetry/{metrics,scrub}.test.ts',
    ],
    testTimeout: 10_000,
    hookTimeout: 10_000,
    expect: { poll: { timeout: 8_000 } },
    isolate: false,
    maxWorkers: 2,
  },
});
