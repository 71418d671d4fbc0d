/**
 * What metrics cost: queries a second through the pipeline on vectors, where they cost most, with and without them; and how
 * long a scrape takes. Two processes that differ in nothing else take turns, so that what disturbs one disturbs the other;
 * ratios within one run. `npm run bench:telemetry`
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { serveHttp } from '../src/app/httpServer.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import { percentile } from '../src/experiments/metrics/percentile.js';
import { SILENT } from '../src/operators/probe.js';
import type { Metrics } from '../src/telemetry/metrics.js';
import { clusteredVectors } from './kafka/vectors.js';
import { answersTo, type Labelled, learnTask, startForBench } from './support/lethe.js';
import { report } from './support/report.js';

const CLASSES = 5;
const PER_CLASS = 100;
const DIMENSION = 1280;
const QUERIES = 3000;
const ROUNDS = 12;
const SCRAPES = 300;

const roundSchema = z.object({ perSecond: z.number(), cpuMs: z.number() });
const scrapesSchema = z.object({ series: z.number(), ms: z.array(z.number()) });

/** Measures nothing. */
const NO_METRICS: Metrics = {
  probe: SILENT,
  observePrediction: () => undefined,
  observeEvent: () => undefined,
  observeDeadLetter: () => undefined,
  setBackend: () => undefined,
  setModel: () => undefined,
  setLearner: () => undefined,
  watch: () => undefined,
  contentType: 'text/plain',
  expose: async () => '',
  close: () => undefined,
};

const [, , role] = process.argv;
if (role === 'with' || role === 'without') await work(role);
else await compare();

async function compare(): Promise<void> {
  const [measured, plain] = await Promise.all([started('with'), started('without')]);
  const rounds: Record<'with' | 'without', z.infer<typeof roundSchema>>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // By turns first and second: the machine's state drifts.
    const order = round % 2 === 0 ? ([measured, plain] as const) : ([plain, measured] as const);
    const [first, second] = [await asked(order[0], 'round'), await asked(order[1], 'round')];
    const [ours, theirs] = round % 2 === 0 ? [first, second] : [second, first];
    rounds.push({ with: roundSchema.parse(ours), without: roundSchema.parse(theirs) });
  }
  const { series, ms } = scrapesSchema.parse(await asked(measured, 'scrapes'));
  for (const child of [measured, plain]) child.kill('SIGKILL');

  const median = (of: (round: (typeof rounds)[number]) => number): number => percentile(rounds.map(of), 0.5);
  report('telemetry', [
    { what: 'queries/s with metrics, median', value: median((round) => round.with.perSecond), unit: '1/s' },
    { what: 'queries/s without, median', value: median((round) => round.without.perSecond), unit: '1/s' },
    {
      what: 'throughput with / without, median of rounds',
      value: median((round) => round.with.perSecond / round.without.perSecond),
      unit: 'ratio',
      aim: '>= 0.98',
    },
    {
      what: 'CPU time of a query with / without, median of rounds',
      value: median((round) => round.with.cpuMs / round.without.cpuMs),
      unit: 'ratio',
      aim: '<= 1.02',
    },
    { what: 'series of a worker', value: series, unit: 'series' },
    { what: 'scrape over HTTP, p50', value: percentile(ms, 0.5), unit: 'ms', aim: '<= 20' },
    { what: 'scrape over HTTP, p99', value: percentile(ms, 0.99), unit: 'ms', aim: '<= 20' },
  ]);
}

async function started(kind: 'with' | 'without'): Promise<ChildProcess> {
  const child = fork(fileURLToPath(import.meta.url), [kind], { execArgv: ['--import', 'tsx'] });
  await once(child, 'message');
  return child;
}

async function asked(child: ChildProcess, what: 'round' | 'scrapes'): Promise<unknown> {
  const answer = once(child, 'message');
  child.send(what);
  return (await answer)[0];
}

/** One of the two processes: answers each message with what it measured. */
async function work(kind: 'with' | 'without'): Promise<void> {
  const lethe = await startForBench({ http: { port: 0 } }, kind === 'with' ? {} : { metrics: NO_METRICS });
  const server = await serveHttp(lethe);
  const { classNames, next } = clusteredVectors(CLASSES, DIMENSION);
  const classOf = (index: number): string => classNames[index % CLASSES] as string;
  const samples = Array.from(
    { length: CLASSES * PER_CLASS },
    (_, index): Labelled => ({
      label: classOf(index),
      payload: { kind: 'vector', vector: next(index) },
    }),
  );
  await learnTask(lethe, 'base', samples);
  // With their truth, so that accuracy, forgetting and the filter are measured too.
  const queries = Array.from({ length: QUERIES }, (_, index) => {
    const payload = { kind: 'vector' as const, vector: next(index) };
    return encodeQuery({ id: `q${index}`, truth: classOf(index), payload }, lethe.topics);
  });
  const round = async (): Promise<z.infer<typeof roundSchema>> => {
    const [before, cpu] = [performance.now(), process.cpuUsage()];
    await answersTo(lethe, queries);
    const seconds = (performance.now() - before) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { perSecond: QUERIES / seconds, cpuMs: (user + system) / 1000 / QUERIES };
  };
  await round();
  process.on('message', async (what) => {
    process.send?.(what === 'round' ? await round() : await scrapes(server.url));
  });
  process.send?.('ready');
}

async function scrapes(url: string): Promise<z.infer<typeof scrapesSchema>> {
  const ms: number[] = [];
  let text = '';
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    const before = performance.now();
    text = await (await fetch(`${url}/metrics`)).text();
    ms.push(performance.now() - before);
  }
  return { series: text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length, ms };
}
