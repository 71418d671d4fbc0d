import type { Topics } from './topics.js';

/**
 * The consumer groups of the topologies. Workers of one role share a group, and so the partitions. They are named after the
 * deployment's topics: members of one group that read different topics would be given each other's partitions.
 */
export function groupsOf({ samples, commands, queries, audit }: Topics) {
  return {
    learning: `${samples}-learn`,
    commands: `${commands}-carry-out`,
    inference: `${queries}-infer`,
    audit: `${audit}-write`,
  } as const;
}
