/** A part of src that is mutated at once, and the tests that its mutants are tried on: they run in memory, in milliseconds. */
export interface Area {
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
}

/** By name, as `npm run test:mutation -- <name>` takes it. */
export const AREAS: Readonly<Record<string, Area>> = {
  operators: { mutate: ['src/operators/*.ts'], tests: ['test/unit/operators/**/*.test.ts'] },
  filter: { mutate: ['src/model/filter/*.ts'], tests: ['test/unit/model/filter/**/*.test.ts'] },
  answer: { mutate: ['src/model/answer/*.ts'], tests: ['test/unit/model/answer/**/*.test.ts'] },
  streams: { mutate: ['src/streams/*.ts'], tests: ['test/unit/streams/*.test.ts'] },
  history: { mutate: ['src/streams/history/*.ts'], tests: ['test/unit/streams/history/**/*.test.ts'] },
  memory: { mutate: ['src/stores/memory/*.ts'], tests: ['test/unit/stores/memory/**/*.test.ts'] },
  stores: { mutate: ['src/stores/*.ts'], tests: ['test/unit/stores/**/*.test.ts'] },
};

/** Where the result of an area's last run lies. */
export function resultFile(area: string): string {
  return `.cache/mutation/${area}.json`;
}
