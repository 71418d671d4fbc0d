import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/temporaryFiles.ts', 'test/support/globalServices.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // What is waited for comes when it comes on a busy machine; a second, the default, is too short for some.
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
});
