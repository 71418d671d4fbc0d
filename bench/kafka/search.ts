import { createClient } from 'redis';
import { embeddedCifar10 } from '../../packages/experiments/src/embeddedCifar10.js';
import type { KnowledgeStore } from '../../src/adapters/knowledgeStore.js';
import type { Neighbour } from '../../src/adapters/vectorDatabase.js';
import { createStores } from '../../src/app/adapters/createStore.js';
import { loadConfig } from '../../src/app/config/loadConfig.js';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { rowOf } from '../../src/domain/vector.js';
import { createLogger } from '../../src/telemetry/logger.js';
import type { Figure } from '../support/report.js';
import type { Part } from './parts.js';
import { clusteredVectors } from './vectors.js';

const CLASSES = 10;
const QUERIES = 256;
/** Queries that travel together. */
const BATCH = 32;
/** Neighbours that the relative filter looks at in each database. */
const K = 10;
const STORED_TOGETHER = 64;
const ROUNDS = 3;

/** Vectors to search in and to search for. */
interface Dataset {
  readonly name: string;
  readonly size: number;
  readonly dimension: number;
  /** Begins anew at each call: vectors in the order in which they are stored, with their class. */
  vectors(): Iterable<{ readonly className: string; readonly vector: Float32Array }>;
  /** Not among the vectors. Shape [QUERIES, dimension]. */
  readonly queries: Float32Array;
}

interface Searched {
  readonly insertedPerSecond: number;
  readonly all: Measured;
  readonly cil: Measured;
  readonly mu: Measured;
}

interface Measured {
  readonly ms: number;
  readonly found: readonly (readonly Neighbour[])[];
}

/**
 * KNN-10 in Redis, FLAT and HNSW with the settings of the config: among all vectors, and, after a tenth of them was
 * unlearned, in DB-CIL and in DB-MU, as inference asks. Recall is against FLAT, which is exact.
 */
export const search: Part = async ({ redis }, { datasets }) => {
  const figures: Figure[] = [];
  for (const spec of datasets) {
    const dataset = spec === 'cifar10' ? await cifar10() : clustered(spec);
    const flat = await searched(dataset, redis.url, 'flat');
    const hnsw = await searched(dataset, redis.url, 'hnsw');
    const name = `KNN-${K}, ${dataset.name}`;
    figures.push(
      { what: `${name}: stored, FLAT`, value: flat.insertedPerSecond, unit: 'vectors/s' },
      { what: `${name}: stored, HNSW`, value: hnsw.insertedPerSecond, unit: 'vectors/s' },
    );
    for (const where of ['all', 'cil', 'mu'] as const) {
      const among = { all: 'all', cil: 'DB-CIL (nine tenths)', mu: 'DB-MU (a tenth)' }[where];
      figures.push(
        { what: `${name}, ${among}: FLAT`, value: flat[where].ms, unit: 'ms/query' },
        { what: `${name}, ${among}: HNSW`, value: hnsw[where].ms, unit: 'ms/query' },
        {
          what: `${name}, ${among}: recall of HNSW`,
          value: recall(hnsw[where], flat[where]),
          unit: '',
          aim: '>= 0.98',
        },
      );
    }
  }
  return figures;
};

async function searched(dataset: Dataset, url: string, algorithm: 'flat' | 'hnsw'): Promise<Searched> {
  const { config } = loadConfig({
    variables: {},
    overrides: {
      model: { name: `search-${dataset.size}-${dataset.dimension}-${algorithm}` },
      stores: { kind: 'redis', redis: { url, index: { algorithm } } },
    },
  });
  const logger = createLogger({ level: 'warn', format: 'text' });
  const { store, close } = await createStores(
    config,
    { name: 'bench', dimension: dataset.dimension },
    logger,
    () => undefined,
    null,
  );
  const started = performance.now();
  await storeAll(dataset, store);
  const insertedPerSecond = (1000 * dataset.size) / (performance.now() - started);
  const all = await measured(dataset, store, 'cil');
  await store.vectors.move(['class-0'], 'cil', 'mu');
  const result = {
    insertedPerSecond,
    all,
    cil: await measured(dataset, store, 'cil'),
    mu: await measured(dataset, store, 'mu'),
  };
  await close();
  await emptied(url);
  return result;
}

/** Room for the next one: to take half a million vectors out of a graph one by one takes longer than all the rest. */
async function emptied(url: string): Promise<void> {
  const client = createClient({ url });
  await client.connect();
  await client.flushAll();
  await client.close();
}

async function storeAll({ vectors }: Dataset, { vectors: database }: KnowledgeStore): Promise<void> {
  let stored = 0;
  let records: { id: string; className: string; task: string; vector: Float32Array }[] = [];
  let before: Promise<void> = Promise.resolve();
  for (const { className, vector } of vectors()) {
    records.push({ id: `v${stored++}`, className, task: 'all', vector });
    if (records.length < STORED_TOGETHER) continue;
    await before;
    before = database.upsert('cil', records);
    records = [];
  }
  await before;
  await database.upsert('cil', records);
}

/** Best of several rounds. */
async function measured(
  { queries, dimension }: Dataset,
  { vectors }: KnowledgeStore,
  database: 'cil' | 'mu',
): Promise<Measured> {
  let ms = Number.POSITIVE_INFINITY;
  let found: Neighbour[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    found = [];
    const started = performance.now();
    for (let start = 0; start < QUERIES; start += BATCH) {
      const batch = queries.subarray(start * dimension, (start + BATCH) * dimension);
      found.push(...(await vectors.knn(batch, { k: K, database })));
    }
    ms = Math.min(ms, (performance.now() - started) / QUERIES);
  }
  return { ms, found };
}

function recall(approximate: Measured, exact: Measured): number {
  let right = 0;
  let wanted = 0;
  exact.found.forEach((nearest, query) => {
    const found = new Set(approximate.found[query]?.map(({ id }) => id));
    wanted += nearest.length;
    right += nearest.filter(({ id }) => found.has(id)).length;
  });
  return right / wanted;
}

/** @param spec `<vectors>x<dimension>` */
function clustered(spec: string): Dataset {
  const [size = 0, dimension = 0] = spec.split('x').map(Number);
  const fresh = () => clusteredVectors(CLASSES, dimension);
  const { next, classNames } = fresh();
  const queries = new Float32Array(QUERIES * dimension);
  for (let query = 0; query < QUERIES; query++) queries.set(next(query), query * dimension);
  return {
    name: `${size} clustered vectors of ${dimension}`,
    size,
    dimension,
    queries,
    *vectors() {
      const source = fresh();
      // Beyond those that are searched for.
      for (let query = 0; query < QUERIES; query++) source.next(query);
      for (let index = 0; index < size; index++)
        yield { className: classNames[index % CLASSES] as string, vector: source.next(index) };
    },
  };
}

/** Real embeddings: CIFAR-10's training images, searched for its test images. The first run computes them (10 minutes). */
async function cifar10(): Promise<Dataset> {
  const { train, test, dimension } = await embeddedCifar10(cacheFolder(), () => undefined);
  return {
    name: `${train.labels.length} embeddings of CIFAR-10`,
    size: train.labels.length,
    dimension,
    queries: test.vectors.slice(0, QUERIES * dimension),
    *vectors() {
      for (const [row, label] of train.labels.entries())
        yield { className: `class-${label}`, vector: rowOf(train.vectors, row, dimension) };
    },
  };
}
