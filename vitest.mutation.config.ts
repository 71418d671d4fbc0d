import { defineConfig } from 'vitest/config';
import { z } from 'zod';

/** What Stryker tries the mutants of an area on (scripts/mutation). */
export default defineConfig({
  // `lethe/internal/*` and the packages as their sources, see tsconfig.json.
  resolve: { tsconfigPaths: true },
  test: {
    include: z
      .array(z.string())
      .parse(JSON.parse(process.env.LETHE_MUTATION_TESTS ?? '["test/unit/**/*.test.ts"]')),
    testTimeout: 10_000,
    // Mutants are switched by a variable, so that modules may stay loaded from one test file to the next.
    isolate: false,
  },
});
