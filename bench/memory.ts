/**
 * Resident memory over 100,000 queries (ready-made vectors, through the whole embedded pipeline), after a forced
 * garbage collection at each mark. `npm run bench:memory`
 */
import { CIFAR_IMAGE_BYTES } from '../src/data/cifarImages.js';
import { loadDemoSubset } from '../src/data/demoSubset.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import type { OutgoingRecord } from '../src/domain/record.js';
import { answersTo, carryOut, type Labelled, learnTask, startForBench } from './support/lethe.js';
import { report } from './support/report.js';

const QUERIES = 100_000;
const MARK = 10_000;
const SAMPLES_PER_CLASS = 40;

const collect = globalThis.gc;
if (!collect) throw new Error('start node with --expose-gc');

const { train, classNames } = await loadDemoSubset();
const lethe = await startForBench({ http: { enabled: false } });
const inputs = classNames.slice(0, 5).flatMap((label, index) => {
  const rows = [...train.labels.keys()]
    .filter((row) => train.labels[row] === index)
    .slice(0, SAMPLES_PER_CLASS);
  return rows.map((row): Labelled => {
    const bytes = train.images.subarray(row * CIFAR_IMAGE_BYTES, (row + 1) * CIFAR_IMAGE_BYTES);
    return { label, payload: { kind: 'image', contentType: 'application/x-cifar', bytes } };
  });
});
await learnTask(lethe, 'base', inputs);
await carryOut(
  lethe,
  { id: 'forget', kind: 'unlearn', classes: [classNames[0] as string] },
  'filter-calibrated',
);
const vectors: Float32Array[] = [];
for await (const records of lethe.store.vectors.scan({}))
  vectors.push(...records.map(({ vector }) => vector.slice()));

const resident: number[] = [];
const started = performance.now();
for (let done = 0; done < QUERIES; done += MARK) {
  const batch = Array.from({ length: MARK }, (_, index): OutgoingRecord => {
    const vector = vectors[index % vectors.length] as Float32Array;
    return encodeQuery({ id: `q${done + index}`, payload: { kind: 'vector', vector } }, lethe.topics);
  });
  await answersTo(lethe, batch);
  batch.length = 0;
  collect();
  resident.push(process.memoryUsage().rss / 2 ** 20);
  console.log(`${done + MARK} queries: ${resident.at(-1)?.toFixed(0)} MiB`);
}
const seconds = (performance.now() - started) / 1000;
await lethe.close();

const half = resident.slice(resident.length / 2);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
report('memory', [
  { what: 'resident after the first 10,000 queries', value: resident[0] as number, unit: 'MiB' },
  { what: 'resident after 100,000 queries', value: resident.at(-1) as number, unit: 'MiB' },
  {
    what: 'growth over the second half',
    value: (half.at(-1) as number) - (half[0] as number),
    unit: 'MiB',
    aim: 'about 0',
  },
  {
    what: 'mean of the second half / of the first',
    value: mean(half) / mean(resident.slice(0, half.length)),
    unit: 'ratio',
    aim: 'about 1',
  },
  { what: 'queries with ready-made vectors', value: QUERIES / seconds, unit: 'queries/s' },
]);
process.exit(0);
