import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files take long, since they start processes and services; the longest first. */
const SLOW = ['storm', 'chaos', 'e2e', 'integration', 'interleavings', 'fuzz'];

/**
 * Begins with the files that take long: the short ones at the end keep all workers busy to the last. Within a folder it is
 * vitest's order, which knows from the run before how long a file takes.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = SLOW.findIndex((folder) => moduleId.includes(`/test/${folder}/`));
  return rank === -1 ? SLOW.length : rank;
}
