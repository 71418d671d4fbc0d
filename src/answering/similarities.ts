import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import type { DatabaseName, VectorRecord } from '../adapters/vectorDatabase.js';
import { classesIn } from '../domain/classes.js';
import { stacked } from '../domain/vector.js';
import { sampleVectors } from '../knowledge/sampleVectors.js';
import type { Similarities, UnlearnedFilter } from '../model/filter/filter.js';

/**
 * Similarities of queries to their nearest in both databases, for the filter. In DB-CIL only learned classes count:
 * no answer may name classes that are still arriving.
 * @param queries unit vectors, shape [n, dimension]
 * @param without ids to leave out, one for each query: held-out vectors must not find themselves. Other searches go
 * before this one then
 */
export async function similarities(
  queries: Float32Array,
  { vectors, registry }: KnowledgeStore,
  filter: UnlearnedFilter,
  without?: readonly string[],
): Promise<Similarities[]> {
  const k = filter.k + (without ? 1 : 0);
  const background = without !== undefined;
  const classes = classesIn(registry.snapshot(), 'learned').map(({ name }) => name);
  const [unlearned, remaining] = await Promise.all([
    vectors.knn(queries, { k, database: 'mu', background }),
    filter.usesRemaining ? vectors.knn(queries, { k, database: 'cil', classes, background }) : [],
  ]);
  return unlearned.map((nearest, index) => {
    const others = (neighbours: typeof nearest): number[] =>
      neighbours
        .filter(({ id }) => id !== without?.[index])
        .slice(0, filter.k)
        .map(({ similarity }) => similarity);
    return { unlearned: others(nearest), remaining: others(remaining[index] ?? []) };
  });
}

/**
 * Similarities of a seeded sample of the vectors of each database, each held out in its turn (leave-one-out).
 * @returns those of the learned classes of DB-CIL, then those of DB-MU
 */
export async function leaveOneOut(
  store: KnowledgeStore,
  filter: UnlearnedFilter,
  { heldOut, seed }: { readonly heldOut: number; readonly seed: number },
): Promise<[remaining: Similarities[], unlearned: Similarities[]]> {
  const learned = classesIn(store.registry.snapshot(), 'learned').map(({ name }) => name);
  const of = async (database: DatabaseName, classes?: readonly string[]): Promise<Similarities[]> => {
    const sample = await sampleVectors(
      store.vectors,
      { database, ...(classes && { classes }) },
      heldOut,
      seed,
    );
    return leftOutSimilarities(sample, store, filter);
  };
  return [await of('cil', learned), await of('mu')];
}

/** Similarities of stored vectors, each as if it were not stored. */
export function leftOutSimilarities(
  records: readonly VectorRecord[],
  store: KnowledgeStore,
  filter: UnlearnedFilter,
): Promise<Similarities[]> {
  return inPortions(records, (portion) => similaritiesOf(portion, store, filter));
}

/** Small portions leave room for live queries in between. */
const PORTION = 32;

async function inPortions<T, R>(
  items: readonly T[],
  work: (portion: readonly T[]) => Promise<R[]>,
): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += PORTION) {
    results.push(...(await work(items.slice(start, start + PORTION))));
  }
  return results;
}

function similaritiesOf(
  sample: readonly VectorRecord[],
  store: KnowledgeStore,
  filter: UnlearnedFilter,
): Promise<Similarities[]> {
  const queries = stacked(
    sample.map(({ vector }) => vector),
    store.vectors.dimension,
  );
  return similarities(
    queries,
    store,
    filter,
    sample.map(({ id }) => id),
  );
}
