/**
 * The console: frames a second while vectors move among 5,000 points, the largest contentful paint over loopback, and what
 * one open console costs the processor. Chromium and Lethe share the machine's cores. `npm run bench:console`
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { percentile } from '../packages/experiments/src/metrics/percentile.js';
import { serveHttp } from '../src/app/httpServer.js';
import { CIFAR_IMAGE_BYTES } from '../src/data/cifarImages.js';
import { loadDemoSubset } from '../src/data/demoSubset.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import type { Payload } from '../src/domain/messages/payload.js';
import type { OutgoingRecord } from '../src/domain/record.js';
import { normalised } from '../src/domain/vector.js';
import { startChromium } from '../test/support/chromium.js';
import { answersTo, type Labelled, learnTask, startForBench } from './support/lethe.js';
import { type Figure, report } from './support/report.js';

const POINTS = 5000;
const CLASSES = 5;
const LOADS = 7;
const FLIGHTS = 6;
/** From the click on: longer than the flight of all points. */
const FLIGHT_MS = 1800;
const ROUNDS = 3;
/** For so long the feed goes on when its last page has gone, and a little longer. */
const FEED_LINGERS_MS = 11_000;
const IMAGES = 256;
const VECTORS = 4000;

/** What runs in the page is text: benchmarks are compiled without the types of a browser. */
const LARGEST_PAINT = `new Promise((resolve) => {
  new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
    .observe({ type: 'largest-contentful-paint', buffered: true });
})`;
const FRAMES = `new Promise((resolve) => {
  const between = [];
  const began = performance.now();
  let last = began;
  const frame = (time) => {
    between.push(time - last);
    last = time;
    if (time - began < ${FLIGHT_MS}) requestAnimationFrame(frame);
    else resolve(between.slice(1));
  };
  requestAnimationFrame(frame);
})`;

const DRAWN = `All ${POINTS.toLocaleString('en')} vectors`;
/** Milliseconds from the opening of a feed to its map. */
const drawings: number[] = [];

const demo = await loadDemoSubset();
const lethe = await startForBench({
  http: { port: 0 },
  console: { mapPoints: POINTS },
  learning: { ssre: { initial: { epochs: 2 } } },
});
const { dimension } = lethe.store.vectors;
await learnTask(lethe, 'bench', samples());
const server = await serveHttp(lethe);
const browser = await startChromium();

const paints = await largestPaints(browser);
const frames = await framesWhileMoving(browser);
const images = await withAndWithout(imageQuery, IMAGES);
const vectors = await withAndWithout(vectorQuery, VECTORS);
await browser.close();
await server.close();
await lethe.close();

const fps = (ms: number): number => 1000 / ms;
report('console', [
  {
    what: `frames while of ${POINTS} points a fifth moves, p50`,
    value: fps(percentile(frames, 0.5)),
    unit: '1/s',
    aim: '>= 60',
  },
  { what: 'the same, slowest twentieth', value: fps(percentile(frames, 0.95)), unit: '1/s' },
  {
    what: 'largest contentful paint over loopback, p50',
    value: percentile(paints, 0.5),
    unit: 'ms',
    aim: '< 1000',
  },
  { what: 'the same, slowest', value: Math.max(...paints), unit: 'ms', aim: '< 1000' },
  {
    what: `a map of ${POINTS} vectors, drawn at the lowest priority, p50`,
    value: percentile(drawings, 0.5),
    unit: 'ms',
  },
  ...costs('image', images),
  ...costs('vector', vectors),
]);
process.exit(0);

function costs(kind: string, { followed, open }: Awaited<ReturnType<typeof withAndWithout>>): Figure[] {
  const figure = (what: string, value: number, aim?: string): Figure => ({
    what: `${kind} queries, ${what}`,
    value,
    unit: 'ratio',
    ...(aim !== undefined && { aim }),
  });
  return [
    figure('rate with a reader of the feed / without', followed.rate, '>= 0.98'),
    figure('CPU a query with a reader of the feed / without', followed.cpu, '<= 1.02'),
    figure('rate with a page open in Chromium / without', open.rate),
    figure('CPU of Lethe a query with a page open in Chromium / without', open.cpu),
  ];
}

/** Clouds around the axes of their classes: how they look costs the page nothing. */
function samples(): Labelled[] {
  return Array.from({ length: POINTS }, (_, index) => ({
    label: `class ${index % CLASSES}`,
    payload: { kind: 'vector', vector: cloud(index % CLASSES, index) },
  }));
}

function cloud(axis: number, index: number): Float32Array {
  const part = (i: number): number => Math.sin(index * 12.9898 + i * 78.233) * 0.02;
  return normalised(Float32Array.from({ length: dimension }, (_, i) => part(i) + (i === axis ? 0.6 : 0)));
}

async function opened(chromium: Browser): Promise<Page> {
  const page = await chromium.newPage({ viewport: { width: 1400, height: 1000 } });
  await page.goto(`${server.url}/console/`);
  return page;
}

async function largestPaints(chromium: Browser): Promise<number[]> {
  const found: number[] = [];
  for (let load = 0; load < LOADS; load++) {
    const page = await opened(chromium);
    await page.locator('.card').first().waitFor();
    found.push(await page.evaluate<number>(LARGEST_PAINT));
    await page.close();
  }
  return found;
}

/** Milliseconds between frames, from each click on until all points have arrived. */
async function framesWhileMoving(chromium: Browser): Promise<number[]> {
  const page = await opened(chromium);
  await page.getByText(DRAWN).waitFor({ timeout: 240_000 });
  await page.waitForTimeout(3000);
  const between: number[] = [];
  for (let flight = 0; flight < FLIGHTS; flight++) {
    const kind = flight % 2 === 0 ? 'Unlearn' : 'Relearn';
    await page.getByRole('button', { name: `${kind} class 0` }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: `${kind} class 0` })
      .click();
    await page
      .locator(`[data-class="class 0"][data-state="${kind === 'Unlearn' ? 'unlearned' : 'learned'}"]`)
      .waitFor();
    between.push(...(await page.evaluate<number[]>(FRAMES)));
  }
  await page.close();
  return between;
}

interface Cost {
  /** Queries a second. */
  readonly rate: number;
  /** CPU of this process, Lethe with its threads, for a query. */
  readonly cpu: number;
}

/** With one that only reads the feed, and with a page open, over without: medians over rounds that alternate. */
async function withAndWithout(query: (index: number) => OutgoingRecord, count: number) {
  const cost = async (): Promise<Cost> => {
    const queries = Array.from({ length: count }, (_, index) => query(index));
    const started = performance.now();
    const used = process.cpuUsage();
    await answersTo(lethe, queries);
    const { user, system } = process.cpuUsage(used);
    return { rate: count / (performance.now() - started), cpu: (user + system) / count };
  };
  await cost();
  const followed: Cost[] = [];
  const open: Cost[] = [];
  const over = (one: Cost, other: Cost): Cost => ({ rate: one.rate / other.rate, cpu: one.cpu / other.cpu });
  for (let round = 0; round < ROUNDS; round++) {
    await sleep(FEED_LINGERS_MS);
    const alone = await cost();
    const leave = await followUntilMap();
    followed.push(over(await cost(), alone));
    await leave();
    const page = await opened(browser);
    await page.getByText(DRAWN).waitFor();
    await sleep(FLIGHT_MS);
    open.push(over(await cost(), alone));
    await page.close();
  }
  const median = (costs: readonly Cost[]): Cost => ({
    rate: percentile(
      costs.map(({ rate }) => rate),
      0.5,
    ),
    cpu: percentile(
      costs.map(({ cpu }) => cpu),
      0.5,
    ),
  });
  return { followed: median(followed), open: median(open) };
}

/** Reads the feed, as a page does; resolves when the map is drawn, which is done once. */
async function followUntilMap(): Promise<() => Promise<void>> {
  const leave = new AbortController();
  const began = performance.now();
  const response = await fetch(`${server.url}/console/feed`, { signal: leave.signal });
  let reading = Promise.resolve();
  await new Promise<void>((drawn) => {
    const into = new WritableStream<Uint8Array>({
      write: (chunk) => {
        if (Buffer.from(chunk).includes('event: map')) drawn();
      },
    });
    reading = (response.body?.pipeTo(into) ?? Promise.resolve()).catch(() => undefined);
  });
  drawings.push(performance.now() - began);
  return async () => {
    leave.abort();
    await reading;
  };
}

function imageQuery(index: number): OutgoingRecord {
  const at = index % demo.test.labels.length;
  const bytes = demo.test.images.subarray(at * CIFAR_IMAGE_BYTES, (at + 1) * CIFAR_IMAGE_BYTES);
  return queryOf({ kind: 'image', contentType: 'application/x-cifar', bytes });
}

function vectorQuery(index: number): OutgoingRecord {
  return queryOf({ kind: 'vector', vector: cloud(index % CLASSES, index + POINTS) });
}

function queryOf(payload: Payload): OutgoingRecord {
  return encodeQuery({ id: crypto.randomUUID(), payload }, lethe.topics);
}
