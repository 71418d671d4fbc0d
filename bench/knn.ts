/**
 * KNN-100 over 50,000 vectors (1280-d) in ten classes: one query, and 32 at once, against what a BLAS needs for the
 * bare products on one core (ONNX Runtime's GEMV and GEMM, one thread, over one contiguous matrix; OpenBLAS is no
 * faster, see docs/decisions/0005-exact-search.md). The two take turns; best of several. `npm run bench:knn`
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { percentile } from '../packages/experiments/src/metrics/percentile.js';
import { createMemoryStore } from '../src/adapters/memory/store/createMemoryStore.js';
import { createMatrixProduct } from '../src/blas/matrixProduct.js';
import { normalised, rowOf } from '../src/domain/vector.js';
import { type Figure, report } from './support/report.js';

const CLASSES = 10;
const PER_CLASS = 5000;
const TOTAL = CLASSES * PER_CLASS;
const DIMENSION = 1280;
const K = 100;
const ROUNDS = 15;

const generator = xoroshiro128plus(1);
const noise = (): number => uniformFloat64(generator) - 0.5;
const unit = (): Float32Array => normalised(Float32Array.from({ length: DIMENSION }, noise));

const matrix = new Float32Array(TOTAL * DIMENSION);
for (let row = 0; row < TOTAL; row++) matrix.set(unit(), row * DIMENSION);

const store = createMemoryStore({ dimension: DIMENSION });
const storing = performance.now();
for (let index = 0; index < CLASSES; index++) {
  const records = Array.from({ length: PER_CLASS }, (_, row) => ({
    id: `${index}-${row}`,
    className: `class-${index}`,
    task: 'all',
    vector: rowOf(matrix, index * PER_CLASS + row, DIMENSION),
  }));
  await store.vectors.upsert('cil', records);
}
const stored = performance.now() - storing;

const product = await createMatrixProduct();
const figures: Figure[] = [{ what: 'vectors stored a second', value: (1000 * TOTAL) / stored, unit: '1/s' }];
for (const count of [1, 32]) {
  const queries = new Float32Array(count * DIMENSION);
  for (let row = 0; row < count; row++) queries.set(unit(), row * DIMENSION);
  const scores = new Float32Array(TOTAL * count);
  const bare: number[] = [];
  const search: number[] = [];
  const holds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await timed(() => product.into(scores, matrix, queries, DIMENSION)));
    const stop = watchEventLoop(holds);
    search.push(await timed(() => store.vectors.knn(queries, { k: K, database: 'cil' })));
    stop();
  }
  const of = (what: string): string => `${count} ${count === 1 ? 'query' : 'queries'}: ${what}`;
  figures.push(
    { what: of('bare products, best'), value: Math.min(...bare), unit: 'ms' },
    { what: of(`KNN-${K}, best`), value: Math.min(...search), unit: 'ms' },
    { what: of('ratio'), value: Math.min(...search) / Math.min(...bare), unit: '', aim: '<= 2' },
    { what: of('event loop held up, p95'), value: percentile(holds, 0.95), unit: 'ms' },
  );
}
await product.release();
await store.close();
report('knn', figures);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Records how long each turn of the event loop takes, until it is stopped. */
function watchEventLoop(turns: number[]): () => void {
  let watching = true;
  let last = performance.now();
  const tick = (): void => {
    if (!watching) return;
    const now = performance.now();
    turns.push(now - last);
    last = now;
    setImmediate(tick);
  };
  setImmediate(tick);
  return () => {
    watching = false;
  };
}
