import type { Layout, Segment } from './layouts.js';

/** From this share of all vectors on, looking at the nearest and dropping the others is quicker than the reverse. */
const MOST = 0.5;

/** Numbers of vectors by segment, as far as they are known. */
export type SegmentSizes = ReadonlyMap<string, number>;

/**
 * The search for the `$k` nearest to `$query` among segments, in Redis's query language.
 *
 * Left to itself, Redis compares the query with every vector that the filter lets through wherever it expects that to
 * be quicker, and expects wrongly where that is most of them: with HNSW it took 4 times as long as going through the
 * graph, with FLAT 1.2 to 1.7 times (10,000 and 2,000 vectors of 1,280 components, docs/decisions/0010).
 */
export function knnQuery(layout: Layout, wanted: readonly Segment[], sizes: SegmentSizes): string {
  if (wanted.length === layout.segments.size && !layout.hasGone) return knnAmong('*');
  // Naming what is not wanted may be shorter, but then RediSearch 2.10 finds its first document, wanted or not.
  const among = `(@segment:{${wanted.map(({ number }) => number).join('|')}})`;
  return knnAmong(among, shareOf(layout, wanted, sizes) >= MOST ? 'HYBRID_POLICY BATCHES ' : '');
}

function knnAmong(among: string, policy = ''): string {
  return `${among}=>[KNN $k @vector $query ${policy}AS distance]`;
}

/** The part of all vectors that lies in these segments; 0 where that is not known. */
function shareOf({ segments }: Layout, wanted: readonly Segment[], sizes: SegmentSizes): number {
  const total = (of: Iterable<Segment>): number => {
    let sum = 0;
    for (const { number } of of) sum += sizes.get(number) ?? 0;
    return sum;
  };
  const all = total(segments.values());
  return all === 0 ? 0 : total(wanted) / all;
}
