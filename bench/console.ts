/**
 * The console: frames a second while vectors move among 5,000 points, the largest contentful paint over loopback, and what
 * one open console costs the processor. Chromium and Lethe share the machine's cores. `npm run bench:console`
 */
import type { Browser, Page } from 'playwright-core';
import { serveHttp } from '../src/app/httpServer.js';
import { CIFAR_IMAGE_BYTES } from '../src/data/cifar10.js';
import { loadDemoSubset } from '../src/data/demoSubset.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import type { Payload } from '../src/domain/messages/payload.js';
import type { OutgoingRecord } from '../src/domain/record.js';
import { normalised } from '../src/domain/vector.js';
import { percentile } from '../src/experiments/metrics/percentile.js';
import { startChromium } from '../test/support/chromium.js';
import { answersTo, type Labelled, learnTask, startForBench } from './support/lethe.js';
import { report } from './support/report.js';

const POINTS = 5000;
const CLASSES = 5;
const LOADS = 7;
const FLIGHTS = 6;
/** From the click on: longer than the flight of all points. */
const FLIGHT_MS = 1800;
const ROUNDS = 5;
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
    what: 'image queries with a follower of the feed / without',
    value: images.followed,
    unit: 'ratio',
    aim: '>= 0.98',
  },
  { what: 'image queries with an open page in Chromium / without', value: images.open, unit: 'ratio' },
  {
    what: 'vector queries with a follower of the feed / without',
    value: vectors.followed,
    unit: 'ratio',
    aim: '>= 0.98',
  },
  { what: 'vector queries with an open page in Chromium / without', value: vectors.open, unit: 'ratio' },
]);
process.exit(0);

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
  await page.getByText(`All ${POINTS.toLocaleString('en')} vectors`).waitFor({ timeout: 240_000 });
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

/** Ratios of queries a second: with one that only reads the feed, and with a page open; medians over rounds that alternate. */
async function withAndWithout(query: (index: number) => OutgoingRecord, count: number) {
  const rate = async (): Promise<number> => {
    const started = performance.now();
    await answersTo(
      lethe,
      Array.from({ length: count }, (_, index) => query(index)),
    );
    return count / (performance.now() - started);
  };
  await rate();
  const followed: number[] = [];
  const open: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await rate();
    const leave = new AbortController();
    const response = await fetch(`${server.url}/console/feed`, { signal: leave.signal });
    const read = response.body?.pipeTo(new WritableStream()).catch(() => undefined);
    followed.push((await rate()) / alone);
    leave.abort();
    await read;
    const page = await opened(browser);
    await page.locator('.card').first().waitFor();
    open.push((await rate()) / alone);
    await page.close();
  }
  return { followed: percentile(followed, 0.5), open: percentile(open, 0.5) };
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
