/**
 * Mutation tests of one area (areas.ts): Stryker changes the code in small ways, one at a time, and tells which changes no test
 * of the area sees. `npm run test:mutation -- operators` tries all files of it; `-- operators src/operators/route.ts` those that
 * are named, on the tests of their own, which is much faster.
 */
import { existsSync } from 'node:fs';
import { Stryker } from '@stryker-mutator/core';
import { AREAS, resultFile } from './areas.js';

const [name = '', ...files] = process.argv.slice(2);
const area = AREAS[name];
if (!area) {
  console.error(`mutation: name an area: ${Object.keys(AREAS).join(', ')}`);
  process.exit(1);
}

const own = files.map(testOf).filter((path) => existsSync(path));
process.env.LETHE_MUTATION_TESTS = JSON.stringify(own.length > 0 ? own : area.tests);
await new Stryker({
  mutate: files.length > 0 ? files : [...area.mutate],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // What runs once, when a module is loaded, would need every test for each mutant.
  ignoreStatic: true,
  // Strings that the code decides by have literal types, so that the compiler sees them changed. The others are words for people.
  mutator: { excludedMutations: ['StringLiteral'] },
  incremental: true,
  incrementalFile: resultFile(name),
  tempDirName: '.cache/mutation/sandbox',
  ignorePatterns: ['/.cache', '/.lethe', '/assets', '/bench', '/deploy', '/dist', '/docs', '/examples'],
  concurrency: 1,
  // Endless loops are told by how often a mutant is reached; a run that is slow on a busy machine must not count as one.
  timeoutMS: 60_000,
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  allowConsoleColors: false,
}).runMutationTest();

/** Where the tests of a file lie, if it has some of its own. */
function testOf(file: string): string {
  return file.replace(/^src\//, 'test/unit/').replace(/\.ts$/, '.test.ts');
}
