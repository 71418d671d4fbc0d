/**
 * Lethe over Kafka and Redis Stack: throughput, latency, unlearning, search. Starts a broker and a Redis of its own, and
 * real workers. Ratios and aims are of one run. `npm run bench:kafka`, or some parts: `npm run bench:kafka -- knn latency`
 */
import { parseArgs } from 'node:util';
import { durable } from './kafka/durable.js';
import { imageThroughput } from './kafka/imageThroughput.js';
import { latency } from './kafka/latency.js';
import type { Part } from './kafka/parts.js';
import { search } from './kafka/search.js';
import { startServices } from './kafka/services.js';
import { unlearning } from './kafka/unlearning.js';
import { vectorThroughput } from './kafka/vectorThroughput.js';
import { versionCheck } from './kafka/versionCheck.js';
import { type Figure, report } from './support/report.js';

const PARTS: Readonly<Record<string, Part>> = {
  images: imageThroughput,
  vectors: vectorThroughput,
  latency,
  unlearn: unlearning,
  durable,
  version: versionCheck,
  knn: search,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    vectors: { type: 'string', default: '2000,50000' },
    queries: { type: 'string', default: '20000' },
    paced: { type: 'string', default: '600' },
    datasets: { type: 'string', default: '10000x1280,100000x256' },
  },
});
const sizes = {
  vectors: values.vectors.split(',').map(Number),
  queries: Number(values.queries),
  paced: Number(values.paced),
  datasets: values.datasets.split(','),
};
const names = positionals.length > 0 ? positionals : Object.keys(PARTS);
const figures: Figure[] = [];
const services = await startServices();
for (const name of names) {
  const part = PARTS[name];
  if (!part) throw new Error(`there is no part ${name}; there are ${Object.keys(PARTS).join(', ')}`);
  const started = performance.now();
  figures.push(...(await part(services, sizes)));
  console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
await services.dispose();
report('kafka', figures);
process.exit(0);
