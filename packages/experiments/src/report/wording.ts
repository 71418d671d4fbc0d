import type { LatencySummary, LiveOutcome, MethodGroup } from '../results.js';

/** What a group of methods is called. */
export const GROUP_TITLES: Readonly<Record<MethodGroup, string>> = {
  lethe: 'Lethe (relative filter, guard)',
  paper: "The paper's setting (best threshold, no guard)",
  baseline: 'Baselines',
};

/** Latencies by what was going on, in words. */
export function latencyRows(
  live: LiveOutcome,
): readonly { readonly name: string; readonly summary: LatencySummary | null }[] {
  return [
    { name: 'no task is under way', summary: live.idle },
    { name: 'a task is embedded', summary: live.whileEmbedding },
    { name: 'a task trains', summary: live.whileTraining },
  ];
}
