/**
 * What metrics and traces cost a query through the pipeline on vectors, where they cost most; and how long a scrape takes.
 * Pipelines with and without them take turns in one process, one of them twice: what two that are alike differ by says how
 * much the comparison is worth. The share of the time that the profiler finds in metrics and traces is exact to hundredths of
 * a per cent, but for the garbage that they leave. Spans go to a collector in a process of its own. `npm run bench:telemetry`
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { percentile } from '../packages/experiments/src/metrics/percentile.js';
import type { RunningLethe } from '../src/app/compose.js';
import { serveHttp } from '../src/app/httpServer.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import type { OutgoingRecord } from '../src/domain/record.js';
import { SILENT } from '../src/operators/probe.js';
import type { Metrics } from '../src/telemetry/metrics.js';
import { clusteredVectors } from './kafka/vectors.js';
import { cpuSharesOf } from './support/cpuShare.js';
import { answersTo, type Labelled, learnTask, startForBench } from './support/lethe.js';
import { type Figure, report } from './support/report.js';

const CLASSES = 5;
const PER_CLASS = 100;
const DIMENSION = 1280;
const QUERIES = 3000;
/** Of a busy worker, which gets many with every fetch. */
const AT_ONCE = 100;
const ROUNDS = 12;
const SCRAPES = 300;

const METRICS = /\/(src\/telemetry\/(?!traces\/)|node_modules\/prom-client\/)/;
const TRACES = /\/(src\/telemetry\/traces\/|node_modules\/@opentelemetry\/)/;
const TELEMETRY = new RegExp(`${METRICS.source}|${TRACES.source}`);

interface Measured {
  readonly perSecond: number;
  /** Of the whole process, a query. */
  readonly cpuMs: number;
}

/** Measures nothing. */
const NO_METRICS: Metrics = {
  probe: SILENT,
  observePrediction: () => undefined,
  observeEvent: () => undefined,
  observeDeadLetter: () => undefined,
  observeLoss: () => undefined,
  observeUnconfirmed: () => undefined,
  observeTopology: () => undefined,
  setBackend: () => undefined,
  setModel: () => undefined,
  setLearner: () => undefined,
  watch: () => undefined,
  contentType: 'text/plain',
  expose: async () => '',
  close: () => undefined,
};

/** Without metrics, twice; with them; with them and traces at the default ratio. */
const KINDS = ['without', 'alike', 'with', 'traced'] as const;
type Kind = (typeof KINDS)[number];
type Round = Record<Kind, Measured>;

/** A pipeline of one kind, which has learned. */
interface Pipeline {
  readonly lethe: RunningLethe;
  readonly queries: readonly OutgoingRecord[];
}

if (process.argv[2] === 'collector') await collect();
else {
  await compare();
  process.exit(0);
}

async function compare(): Promise<void> {
  const collector = fork(fileURLToPath(import.meta.url), ['collector'], { execArgv: ['--import', 'tsx'] });
  const [url] = (await once(collector, 'message')) as [string];
  const pipelines = new Map<Kind, Pipeline>();
  for (const kind of KINDS) pipelines.set(kind, await started(kind, url));
  const of = (kind: Kind): Pipeline => pipelines.get(kind) as Pipeline;
  for (const kind of KINDS) await measured(of(kind));
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Each is first, second and last by turns: the machine's state drifts.
    const order = KINDS.map((_, index) => KINDS[(index + round) % KINDS.length] as Kind);
    const taken: Partial<Round> = {};
    for (const kind of order) taken[kind] = await measured(of(kind));
    rounds.push(taken as Round);
  }
  const shares = [...(await sharesOf(of('traced'), AT_ONCE)), ...(await sharesOf(of('traced'), 1))];
  const { series, ms } = await scrapes((await serveHttp(of('with').lethe)).url);
  for (const { lethe } of pipelines.values()) await lethe.close();
  collector.kill('SIGKILL');

  const median = (figure: (round: Round) => number): number => percentile(rounds.map(figure), 0.5);
  const compared = (measured: Kind, plain: Kind, what: string): Figure[] => [
    {
      what: `throughput ${what}, median of rounds`,
      value: median((round) => round[measured].perSecond / round[plain].perSecond),
      unit: 'ratio',
    },
    {
      what: `CPU time of a query ${what}, median of rounds`,
      value: median((round) => round[measured].cpuMs / round[plain].cpuMs),
      unit: 'ratio',
    },
  ];
  report('telemetry', [
    {
      what: 'queries/s without metrics, median',
      value: median(({ without }) => without.perSecond),
      unit: '1/s',
    },
    ...shares,
    ...compared('alike', 'without', 'of two pipelines that are alike'),
    ...compared('with', 'without', 'with metrics / without'),
    ...compared('traced', 'without', 'with metrics and traces / without'),
    ...compared('traced', 'with', 'with traces / without'),
    { what: 'series of a worker', value: series, unit: 'series' },
    { what: 'scrape over HTTP, p50', value: percentile(ms, 0.5), unit: 'ms', aim: '<= 20' },
    { what: 'scrape over HTTP, p99', value: percentile(ms, 0.99), unit: 'ms', aim: '<= 20' },
  ]);
}

function isMeasured(kind: Kind): boolean {
  return kind === 'with' || kind === 'traced';
}

async function started(kind: Kind, url: string): Promise<Pipeline> {
  const overrides = { http: { port: 0 }, traces: { enabled: kind === 'traced', url } };
  const lethe = await startForBench(overrides, isMeasured(kind) ? {} : { metrics: NO_METRICS });
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
  return { lethe, queries };
}

/** Of metrics, of traces, and of both, in the time that queries take with both. */
async function sharesOf(pipeline: Pipeline, atOnce: number): Promise<Figure[]> {
  const shares = await cpuSharesOf([METRICS, TRACES, TELEMETRY], async () => {
    for (let round = 0; round < ROUNDS; round++) await measured(pipeline, atOnce);
  });
  return (['metrics', 'traces', 'both'] as const).map((name, index) => ({
    what: `share of the time in ${name}, ${atOnce} queries at once`,
    value: 100 * (shares[index] as number),
    unit: '%',
    ...(name !== 'metrics' && { aim: name === 'traces' ? '<= 1' : '<= 2' }),
  }));
}

async function measured({ lethe, queries }: Pipeline, atOnce = AT_ONCE): Promise<Measured> {
  // A pipeline in memory that has work leaves the network no turn: the collector's answers would be read too late.
  await setImmediate();
  // What the others left is not cleared away at this one's cost.
  globalThis.gc?.();
  const [before, cpu] = [performance.now(), process.cpuUsage()];
  await answersTo(lethe, queries, atOnce);
  const seconds = (performance.now() - before) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: QUERIES / seconds, cpuMs: (user + system) / 1000 / QUERIES };
}

/** A collector that takes everything at once; tells its address. */
async function collect(): Promise<void> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  process.send?.(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1/traces`);
}

async function scrapes(url: string): Promise<{ series: number; ms: number[] }> {
  const ms: number[] = [];
  let text = '';
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    const before = performance.now();
    text = await (await fetch(`${url}/metrics`)).text();
    ms.push(performance.now() - before);
  }
  return { series: text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length, ms };
}
