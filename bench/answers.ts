/**
 * A vector query over HTTP that waits for its answer (`POST /v1/queries?wait=5s`), one after the other on one connection: the
 * embedded form, and over Kafka and Redis Stack. `npm run bench:answers`, or one form: `npm run bench:answers -- embedded`
 */
import { parseArgs } from 'node:util';
import { percentile } from '../packages/experiments/src/metrics/percentile.js';
import { serveHttp } from '../src/app/httpServer.js';
import { DIMENSION, deploy } from './kafka/deployment.js';
import { fill } from './kafka/knowledge.js';
import { startServices } from './kafka/services.js';
import { type ClusteredVectors, clusteredVectors } from './kafka/vectors.js';
import { learnTask, startForBench } from './support/lethe.js';
import { type Figure, report } from './support/report.js';

const CLASSES = 10;
const TAUGHT_PER_CLASS = 40;
const STORED = 2000;
const WARM_UP = 500;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { queries: { type: 'string', default: '1000' } },
});
const FORMS = { embedded, kafka };
const names = (positionals.length > 0 ? positionals : Object.keys(FORMS)) as (keyof typeof FORMS)[];
const figures: Figure[] = [];
for (const name of names) figures.push(...(await FORMS[name]()));
report('answers', figures);
process.exit(0);

async function embedded(): Promise<Figure[]> {
  const lethe = await startForBench({ http: { port: 0 }, console: { enabled: false } });
  const source = clusteredVectors(CLASSES, lethe.embedder.dimension);
  const inputs = Array.from({ length: CLASSES * TAUGHT_PER_CLASS }, (_, index) => ({
    label: source.classNames[index % CLASSES] as string,
    payload: { kind: 'vector', vector: source.next(index % CLASSES) } as const,
  }));
  await learnTask(lethe, 'base', inputs);
  const server = await serveHttp(lethe);
  const taken = await latencies(server.url, source);
  await server.close();
  await lethe.close();
  return told('embedded', taken);
}

async function kafka(): Promise<Figure[]> {
  const services = await startServices();
  const deployment = await deploy(services);
  const learner = await deployment.start('learn');
  const { source } = await fill(deployment, STORED);
  await learner.stop();
  const all: Figure[] = [];
  for (const changes of [
    {},
    { LETHE_TRANSPORT__KAFKA__LINGER_MS: '0' },
    { LETHE_TRANSPORT__KAFKA__LINGER_MS: '0', LETHE_TRANSPORT__KAFKA__DELIVERY: 'at-least-once' },
  ]) {
    const worker = await deployment.start('infer', changes);
    await worker.hasModel();
    const how = Object.entries(changes).map(([name, value]) => `${name.split('__').at(-1)}=${value}`);
    all.push(...told(`Kafka, ${DIMENSION}-d ${how.join(' ')}`, await latencies(worker.url, source)));
    await worker.stop();
  }
  await deployment.close();
  await services.dispose();
  return all;
}

/** Milliseconds of each query, sent when the one before was answered. */
async function latencies(url: string, source: ClusteredVectors): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < WARM_UP + Number(values.queries); index++) {
    const { buffer } = source.next(index % CLASSES).slice();
    const started = performance.now();
    const response = await fetch(`${url}/v1/queries?wait=30s`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-float32' },
      body: buffer,
    });
    const answer = await response.text();
    if (response.status !== 200) throw new Error(`${response.status}: ${answer}`);
    if (index >= WARM_UP) taken.push(performance.now() - started);
  }
  return taken;
}

function told(form: string, taken: readonly number[]): Figure[] {
  const what = `answer in the response, ${form}`;
  return [
    { what: `${what}: p50`, value: percentile(taken, 0.5), unit: 'ms', aim: '<= 10' },
    { what: `${what}: p99`, value: percentile(taken, 0.99), unit: 'ms' },
  ];
}
