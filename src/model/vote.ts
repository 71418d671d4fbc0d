import { LetheError } from '../domain/errors.js';

/** When a vote is clear enough to unlearn a class. */
export interface VoteOptions {
  /** Nearest vectors asked for each example: K of the paper. */
  readonly k: number;
  /** Least share of all votes that the first class must have. */
  readonly minimalShare: number;
  /** Least lead of the first class over the second, as a share of all votes. */
  readonly minimalLead: number;
}

/** A decided vote. */
export interface Vote {
  readonly winner: string;
  /** Votes by class, most first. */
  readonly votes: Readonly<Record<string, number>>;
}

/**
 * Finds the class that examples belong to: each of the K nearest vectors of each example has one vote (eCIL-MU, K = 100).
 * @param neighbours class names of the neighbours, one list for each example
 * @throws LetheError `ambiguous-vote` with the votes as evidence where no class is clearly first: moving a class by
 *   mistake costs more than asking again
 */
export function voteForClass(neighbours: readonly (readonly string[])[], options: VoteOptions): Vote {
  const counts = new Map<string, number>();
  for (const name of neighbours.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const ranking = [...counts].sort(([, a], [, b]) => b - a);
  const total = ranking.reduce((sum, [, count]) => sum + count, 0);
  const [winner, first] = ranking[0] ?? ['', 0];
  const second = ranking[1]?.[1] ?? 0;
  const votes = Object.fromEntries(ranking);
  const share = total === 0 ? 0 : first / total;
  const lead = total === 0 ? 0 : (first - second) / total;
  if (total > 0 && share >= options.minimalShare && lead >= options.minimalLead) return { winner, votes };
  throw new LetheError('ambiguous-vote', describe(ranking, total), {
    field: 'examples',
    value: `${neighbours.length} example(s)`,
    remedy: 'Send more or clearer examples of one class, or name the class.',
    evidence: {
      votes,
      share,
      lead,
      minimalShare: options.minimalShare,
      minimalLead: options.minimalLead,
    },
  });
}

function describe(ranking: readonly (readonly [string, number])[], total: number): string {
  if (total === 0) return 'the databases are empty, so the examples have no neighbours to vote';
  const shares = ranking.slice(0, 3).map(([name, count]) => `${name} ${Math.round((100 * count) / total)} %`);
  return `the neighbours of the examples do not agree on a class: ${shares.join(', ')}`;
}
