/** The consumer groups of the topologies. Workers of one role share a group, and so the partitions. */
export const GROUPS = {
  learning: 'lethe-learn',
  commands: 'lethe-commands',
  inference: 'lethe-infer',
  audit: 'lethe-audit',
} as const;
