import type { RunFacts } from '../results.js';

/** What ran on what, in the line below a report's title. */
export function leadOf({ dataset, embedder, seed, backend, cpu, lethe }: RunFacts): string {
  return `${dataset}; ${embedder}; seed ${seed}; tfjs ${backend}; ${cpu}; Lethe ${lethe}`;
}
