import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longestFirst.js';

export default defineConfig({
  // `lethe/internal/*` and the packages as their sources, see tsconfig.json.
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
    globalSetup: [
      'test/support/temporaryFiles.ts',
      'test/support/compiledLethe.ts',
      'test/support/globalServices.ts',
    ],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // What is waited for comes when it comes: a busy machine may be ten times slower, and a limit only says when hope is given up.
    // Below the limit of a test, so that what did not come is told.
    expect: { poll: { timeout: 240_000 } },
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
  },
});
