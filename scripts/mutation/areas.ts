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
  inputs: { mutate: ['src/inputs/*.ts'], tests: ['test/unit/inputs/**/*.test.ts'] },
  knowledge: { mutate: ['src/knowledge/*.ts'], tests: ['test/unit/knowledge/**/*.test.ts'] },
  answering: { mutate: ['src/answering/*.ts'], tests: ['test/unit/answering/**/*.test.ts'] },
  learning: { mutate: ['src/learning/*.ts'], tests: ['test/unit/learning/**/*.test.ts'] },
  forgetting: { mutate: ['src/forgetting/*.ts'], tests: ['test/unit/forgetting/**/*.test.ts'] },
  auditing: { mutate: ['src/auditing/*.ts'], tests: ['test/unit/auditing/**/*.test.ts'] },
  memory: {
    mutate: ['src/adapters/memory/store/*.ts'],
    tests: ['test/unit/adapters/memory/store/**/*.test.ts'],
  },
  adapters: { mutate: ['src/adapters/*.ts'], tests: ['test/unit/adapters/**/*.test.ts'] },
};

/** Where the result of an area's last run lies. */
export function resultFile(area: string): string {
  return `.cache/mutation/${area}.json`;
}
