/**
 * What metrics and traces cost: queries a second through the pipeline on vectors, where they cost most, with and without
 * them; and how long a scrape takes. Processes that differ in nothing else take turns, so that what disturbs one disturbs
 * the others; ratios within one run. `npm run bench:telemetry`
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { serveHttp } from '../src/app/httpServer.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import { percentile } from '../src/experiments/metrics/percentile.js';
import { SILENT } from '../src/operators/probe.js';
import type { Metrics } from '../src/telemetry/metrics.js';
import { clusteredVectors } from './kafka/vectors.js';
import { answersTo, type Labelled, learnTask, startForBench } from './support/lethe.js';
import { type Figure, report } from './support/report.js';

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

/** Without metrics; with them; with them and traces at the default ratio. */
const KINDS = ['without', 'with', 'traced'] as const;
type Kind = (typeof KINDS)[number];
type Round = Record<Kind, z.infer<typeof roundSchema>>;

const kind = KINDS.find((each) => each === process.argv[2]);
if (kind) await work(kind, process.argv[3]);
else await compare();

async function compare(): Promise<void> {
  const collector = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const address = collector.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1/traces`;
  const children = new Map(
    await Promise.all(KINDS.map(async (each) => [each, await started(each, url)] as const)),
  );
  const child = (of: Kind): ChildProcess => children.get(of) as ChildProcess;
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Each is first, second and last by turns: the machine's state drifts.
    const order = KINDS.map((_, index) => KINDS[(index + round) % KINDS.length] as Kind);
    const measured: Partial<Round> = {};
    for (const each of order) measured[each] = roundSchema.parse(await asked(child(each), 'round'));
    rounds.push(measured as Round);
  }
  const { series, ms } = scrapesSchema.parse(await asked(child('with'), 'scrapes'));
  for (const each of children.values()) each.kill('SIGKILL');
  collector.close();

  const median = (of: (round: Round) => number): number => percentile(rounds.map(of), 0.5);
  const compared = (measured: Kind, plain: Kind, what: string, bound: number): Figure[] => [
    {
      what: `throughput ${what}, median of rounds`,
      value: median((round) => round[measured].perSecond / round[plain].perSecond),
      unit: 'ratio',
      aim: `>= ${1 - bound}`,
    },
    {
      what: `CPU time of a query ${what}, median of rounds`,
      value: median((round) => round[measured].cpuMs / round[plain].cpuMs),
      unit: 'ratio',
      aim: `<= ${1 + bound}`,
    },
  ];
  report('telemetry', [
    {
      what: 'queries/s without metrics, median',
      value: median(({ without }) => without.perSecond),
      unit: '1/s',
    },
    ...compared('with', 'without', 'with metrics / without', 0.02),
    ...compared('traced', 'without', 'with metrics and traces / without', 0.02),
    ...compared('traced', 'with', 'with traces / without', 0.01),
    { what: 'series of a worker', value: series, unit: 'series' },
    { what: 'scrape over HTTP, p50', value: percentile(ms, 0.5), unit: 'ms', aim: '<= 20' },
    { what: 'scrape over HTTP, p99', value: percentile(ms, 0.99), unit: 'ms', aim: '<= 20' },
  ]);
}

async function started(of: Kind, url: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(import.meta.url), [of, url], { execArgv: ['--import', 'tsx'] });
  await once(child, 'message');
  return child;
}

async function asked(child: ChildProcess, what: 'round' | 'scrapes'): Promise<unknown> {
  const answer = once(child, 'message');
  child.send(what);
  return (await answer)[0];
}

/** One of the processes: answers each message with what it measured; its spans go to a collector in the parent. */
async function work(kind: Kind, url = ''): Promise<void> {
  const overrides = { http: { port: 0 }, traces: { enabled: kind === 'traced', url } };
  const lethe = await startForBench(overrides, kind === 'without' ? { metrics: NO_METRICS } : {});
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
