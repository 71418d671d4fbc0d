import { cpus, totalmem } from 'node:os';
import { letheVersion } from 'lethe/internal/app/version.js';
import type { RunFacts } from '../results.js';

const GIB = 2 ** 30;

/** What is said of a run; of the machine only its kind, nothing that names it or its user. */
export function runFacts(
  startedAt: Date,
  chosen: Pick<RunFacts, 'seed' | 'dataset' | 'embedder' | 'backend' | 'filter'>,
): RunFacts {
  const processors = cpus();
  return {
    ...chosen,
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    lethe: letheVersion(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: `${processors.length} x ${processors[0]?.model.trim() || 'unknown processor'}`,
    memoryGiB: totalmem() / GIB,
  };
}
