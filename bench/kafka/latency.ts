import { setTimeout as sleep } from 'node:timers/promises';
import { lastValueFrom, take, tap, timeout } from 'rxjs';
import { percentile } from '../../packages/experiments/src/metrics/percentile.js';
import type { Figure } from '../support/report.js';
import { type Deployment, deploy, follow } from './deployment.js';
import { fill, forgetFirst, type Knowledge } from './knowledge.js';
import { type Part, vectorQueries } from './parts.js';

/** Queries a second while latency is taken: few enough that none waits for another. */
const RATE = 25;
/** The compilers of node and of the broker's Java need some thousand requests before their code is what it will be. */
const WARM_UP = { queries: 1000, rate: 100 };
const SILENCE_MS = 30_000;
const DELIVERIES = ['exactly-once', 'at-least-once'] as const;

/**
 * From before a query is produced until its prediction is read (read_committed). The queries carry vectors, so that no
 * embedding is in it; a tenth of the database is unlearned, so that both databases are searched.
 */
export const latency: Part = async (services, { vectors, paced }) => {
  const size = vectors[0] as number;
  // The benchmark's own producer waits for no company.
  const deployment = await deploy(services, { LETHE_TRANSPORT__KAFKA__LINGER_MS: '0' });
  const learner = await deployment.start('learn');
  const knowledge = await fill(deployment, size);
  await forgetFirst(deployment, knowledge);
  await learner.stop();
  const medians: number[] = [];
  const figures: Figure[] = [];
  for (const delivery of DELIVERIES) {
    const worker = await deployment.start('infer', { LETHE_TRANSPORT__KAFKA__DELIVERY: delivery });
    await latencies(deployment, knowledge, WARM_UP.queries, WARM_UP.rate);
    const taken = await latencies(deployment, knowledge, paced, RATE);
    await worker.stop();
    const aims = delivery === 'exactly-once' ? [{ aim: '<= 15' }, { aim: '<= 60' }] : [{}, {}];
    const what = `latency, produced to prediction read, ${size} vectors, ${delivery}`;
    medians.push(percentile(taken, 0.5));
    figures.push(
      { what: `${what}: p50`, value: percentile(taken, 0.5), unit: 'ms', ...aims[0] },
      { what: `${what}: p99`, value: percentile(taken, 0.99), unit: 'ms', ...aims[1] },
    );
  }
  await deployment.close();
  const [once, atLeastOnce] = medians as [number, number];
  return [
    ...figures,
    { what: 'what the transaction costs a query, p50', value: once - atLeastOnce, unit: 'ms' },
  ];
};

/** Milliseconds of each query, in the order in which they were produced, at a steady rate. */
async function latencies(
  deployment: Deployment,
  knowledge: Knowledge,
  count: number,
  rate: number,
): Promise<number[]> {
  const { log, topics } = deployment;
  const sent = new Map<string, number>();
  const taken = new Map<string, number>();
  const answered = lastValueFrom(
    follow(deployment, topics.predictions, 'latest').pipe(
      timeout(SILENCE_MS),
      tap(({ key }) => taken.set(key ?? '', performance.now() - (sent.get(key ?? '') ?? Number.NaN))),
      take(count),
    ),
  );
  const queries = vectorQueries(deployment, knowledge, count);
  const started = performance.now();
  for (const [index, query] of queries.entries()) {
    await sleep(Math.max(0, started + (1000 * index) / rate - performance.now()));
    sent.set(query.key ?? '', performance.now());
    void log.publish([query]);
  }
  await answered;
  return queries.map(({ key }) => taken.get(key ?? '') ?? Number.NaN);
}
