/**
 * Live inference over the embedded pipeline: throughput beside the bare embedder, and latency while a task trains
 * beside latency when idle. Ratios within one run, best of several rounds. `npm run bench:pipeline`
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom, map, take, toArray, filter as where } from 'rxjs';
import { percentile } from '../packages/experiments/src/metrics/percentile.js';
import type { RunningLethe } from '../src/app/compose.js';
import { embedderOf } from '../src/app/embedder.js';
import { CIFAR_IMAGE_BYTES } from '../src/data/cifarImages.js';
import { loadDemoSubset } from '../src/data/demoSubset.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import type { RgbImage } from '../src/domain/image.js';
import type { OutgoingRecord } from '../src/domain/record.js';
import { DEFAULT_IMAGE_LIMITS, decodeImage } from '../src/model/embedder/decodeImage.js';
import { fittedRows } from '../src/model/embedder/enlarge.js';
import { answersTo, carryOut, type Labelled, learnTask, startForBench } from './support/lethe.js';
import { report } from './support/report.js';

const ROUNDS = 3;
const IMAGES = 384;
const TASK_IMAGES = 40;
/** Queries a second while latency is measured, and how many. */
const RATE = 15;
const PACED = 300;

const { train, test, classNames } = await loadDemoSubset();
const imageAt = (images: Uint8Array, index: number): Uint8Array =>
  images.subarray(index * CIFAR_IMAGE_BYTES, (index + 1) * CIFAR_IMAGE_BYTES);
const samplesOf = (name: string, count: number): Labelled[] => {
  const label = classNames.indexOf(name);
  const indices = [...train.labels.keys()].filter((index) => train.labels[index] === label).slice(0, count);
  return indices.map((index) => ({
    label: name,
    payload: { kind: 'image', contentType: 'application/x-cifar', bytes: imageAt(train.images, index) },
  }));
};
const [forgotten, ...others] = classNames.slice(0, 6);

const lethe = await startForBench({
  http: { enabled: false },
  learning: {
    ssre: {
      incremental: { epochs: 2000, batchSize: 256, learningRate: 1e-4, decayEvery: 2000, weightDecay: 0 },
    },
  },
});
let made = 0;
const queries = (count: number): OutgoingRecord[] =>
  Array.from({ length: count }, (_, index) =>
    encodeQuery(
      {
        id: `q${made++}`,
        payload: {
          kind: 'image',
          contentType: 'application/x-cifar',
          bytes: imageAt(test.images, index % test.labels.length),
        },
      },
      lethe.topics,
    ),
  );

await learnTask(
  lethe,
  'base',
  [forgotten as string, ...others.slice(0, 4)].flatMap((name) => samplesOf(name, TASK_IMAGES)),
);
await carryOut(lethe, { id: 'forget', kind: 'unlearn', classes: [forgotten as string] }, 'filter-calibrated');

const bare = await bareEmbedder();
const rates: { bare: number; network: number; pipeline: number }[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const pipeline = await perSecond(IMAGES, () => answersTo(lethe, queries(IMAGES)));
  rates.push({ bare: await bare.asDecoded(), network: await bare.atNetworkSize(), pipeline });
}
await bare.close();

const idle = await pacedLatencies(lethe);
const training = startLongTraining(lethe);
await training.started;
const busy = await pacedLatencies(lethe);
await lethe.close();

const best = (of: (rate: (typeof rates)[number]) => number): number => Math.max(...rates.map(of));
const bareRate = best(({ bare }) => bare);
const networkRate = best(({ network }) => network);
const pipelineRate = best(({ pipeline }) => pipeline);
report('pipeline', [
  { what: 'bare embedder, 32x32 images', value: bareRate, unit: 'images/s' },
  { what: 'bare embedder, images of its size', value: networkRate, unit: 'images/s' },
  { what: 'whole pipeline, 32x32 images', value: pipelineRate, unit: 'queries/s' },
  { what: 'pipeline / bare embedder', value: pipelineRate / bareRate, unit: 'ratio', aim: '>= 0.9' },
  {
    what: 'pipeline / bare embedder, its size',
    value: pipelineRate / networkRate,
    unit: 'ratio',
    aim: '>= 0.9',
  },
  { what: 'latency idle, p50', value: percentile(idle, 0.5), unit: 'ms' },
  { what: 'latency idle, p99', value: percentile(idle, 0.99), unit: 'ms' },
  { what: 'latency while training, p50', value: percentile(busy, 0.5), unit: 'ms' },
  { what: 'latency while training, p99', value: percentile(busy, 0.99), unit: 'ms' },
  {
    what: 'p99 while training / idle',
    value: percentile(busy, 0.99) / percentile(idle, 0.99),
    unit: 'ratio',
    aim: '<= 2',
  },
]);
process.exit(0);

type Measured = () => Promise<number>;

async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (1000 * count) / (performance.now() - started);
}

/**
 * The embedder alone, in the pipeline's batches: on images as decoding gives them (32x32, which the embedder enlarges
 * first), and on the same images at the network's size already.
 */
async function bareEmbedder(): Promise<{
  asDecoded: Measured;
  atNetworkSize: Measured;
  close: () => Promise<void>;
}> {
  const embedder = await embedderOf(lethe.config);
  const decoded = await Promise.all(
    Array.from({ length: IMAGES }, (_, index) => {
      const bytes = imageAt(test.images, index % test.labels.length);
      const payload = { kind: 'image', contentType: 'application/x-cifar', bytes } as const;
      return decodeImage(payload, embedder.inputSize, DEFAULT_IMAGE_LIMITS);
    }),
  );
  const enlarged = decoded.map((image): RgbImage => {
    const { width, height } = embedder.inputSize;
    const data = new Uint8Array(width * height * 3);
    fittedRows(image, embedder.inputSize, (row, y) => data.set(row, y * width * 3));
    return { width, height, data };
  });
  const { embedBatchSize: batchSize } = lethe.config.inference;
  const rateOf = (images: readonly RgbImage[]): Measured => {
    return () =>
      perSecond(IMAGES, async () => {
        for (let start = 0; start < images.length; start += batchSize)
          await embedder.embed(images.slice(start, start + batchSize));
      });
  };
  const atNetworkSize = rateOf(enlarged);
  await atNetworkSize();
  return { asDecoded: rateOf(decoded), atNetworkSize, close: () => embedder.close() };
}

/** Latencies in ms of queries sent at a steady rate, whether or not the ones before are answered. */
async function pacedLatencies({ log, signals }: RunningLethe): Promise<number[]> {
  const answered = firstValueFrom(
    signals.pipe(
      map((signal) => (signal.kind === 'prediction' ? signal.prediction.latencyMs : null)),
      where((latency) => latency !== null),
      take(PACED),
      toArray(),
    ),
  );
  const started = performance.now();
  for (const [index, query] of queries(PACED).entries()) {
    await sleep(Math.max(0, started + (1000 * index) / RATE - performance.now()));
    await log.publish([query]);
  }
  return answered;
}

/** A task whose training outlasts the measurement. */
function startLongTraining(running: RunningLethe): { started: Promise<unknown> } {
  const started = firstValueFrom(
    running.signals.pipe(where((signal) => signal.kind === 'event' && signal.event.kind === 'task-epoch')),
  );
  void learnTask(running, 'long', samplesOf(others[4] as string, 200)).catch(() => undefined);
  return { started };
}
