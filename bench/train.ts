/**
 * Training speed of SSRE over embeddings, by backend, in vectors a second (best of several).
 *
 *   npx tsx bench/train.ts [tensorflow wasm cpu]
 *
 * `tfjs` is what one writes first: tfjs's own gradients and optimiser, batches of 128. The others are Lethe's training of a
 * first and of a later task. All train the same trunk on 1280 components, in one run, so that the ratios mean something.
 */
import { performance } from 'node:perf_hooks';
import type { Variable } from '@tensorflow/tfjs';
import { ssreConfigSchema } from '../src/model/ssre/config.js';
import { normals, randomOf } from '../src/model/ssre/random.js';
import { trainTask } from '../src/model/ssre/trainTask.js';
import {
  loadTensorflow,
  TENSORFLOW_BACKENDS,
  type TensorflowBackend,
} from '../src/model/tensorflow/loadTensorflow.js';
import type { Tensorflow } from '../src/model/tensorflow/tensorflow.js';
import type { TrainingTask } from '../src/model/trainer.js';

const DIMENSION = 1280;
const ROUNDS = 3;
const TRUNKS = [
  { name: '1280-512-(512-512), the default', width: 512, blocks: 1, rank: 28 },
  { name: '1280-512-(512-512)x2', width: 512, blocks: 2, rank: 28 },
  { name: '1280-256-(256-256)x2', width: 256, blocks: 2, rank: 14 },
];
type TrunkSize = (typeof TRUNKS)[number];

function taskOf(classes: readonly string[], count: number): TrainingTask {
  const vectors = normals(count * DIMENSION, 1 / Math.sqrt(DIMENSION), randomOf(count));
  const labels = Int32Array.from({ length: count }, (_, row) => row % classes.length);
  return { task: classes.join(), classes, vectors, labels, unlearned: [] };
}

/** Vectors a second of the fastest of several rounds; the first, which warms up, does not count. */
async function fastest(round: () => Promise<{ vectors: number; ms: number }>): Promise<number> {
  let best = 0;
  for (let index = 0; index <= ROUNDS; index++) {
    const { vectors, ms } = await round();
    if (index > 0) best = Math.max(best, (1000 * vectors) / ms);
  }
  return best;
}

/** Times the epochs alone, from the end of the first to the end of the last. */
async function epochsOf(train: (onEpoch: () => void) => Promise<unknown>, count: number) {
  const ends: number[] = [];
  await train(() => ends.push(performance.now()));
  return { vectors: count * (ends.length - 1), ms: (ends.at(-1) ?? 0) - (ends[0] ?? 0) };
}

async function lethe(tf: Tensorflow, size: TrunkSize, count: number): Promise<[number, number]> {
  const defaults = ssreConfigSchema.parse({});
  const config = {
    ...defaults,
    ...size,
    initial: { ...defaults.initial, epochs: 3 },
    incremental: { ...defaults.incremental, epochs: 3 },
  };
  const first = taskOf(['a', 'b', 'c', 'd', 'e'], count);
  const later = taskOf(['f'], count);
  const state = await trainTask(tf, null, first, config, () => {});
  return [
    await fastest(() => epochsOf((onEpoch) => trainTask(tf, null, first, config, onEpoch), count)),
    await fastest(() => epochsOf((onEpoch) => trainTask(tf, state, later, config, onEpoch), count)),
  ];
}

/** The same network as written first. */
async function naive(tf: Tensorflow, { width, blocks }: TrunkSize, steps: number): Promise<number> {
  const batch = 128;
  const variable = (inputs: number, outputs: number): Variable =>
    tf.variable(tf.randomNormal([inputs, outputs], 0, Math.sqrt(2 / inputs)));
  const weights = [
    variable(DIMENSION, width),
    ...Array.from({ length: 2 * blocks }, () => variable(width, width)),
  ];
  const head = variable(width, 5);
  const x = tf.randomNormal([batch, DIMENSION]);
  const labels = tf.tensor1d(Int32Array.from({ length: batch }, (_, row) => row % 5));
  const targets = tf.oneHot(labels, 5);
  const optimiser = tf.train.adam(1e-3);
  const step = (): void => {
    optimiser.minimize(() => {
      let h = tf.relu(tf.matMul(x, weights[0] as Variable));
      for (let at = 1; at < weights.length; at += 2) {
        const inner = tf.relu(tf.matMul(h, weights[at] as Variable));
        h = tf.relu(tf.add(h, tf.matMul(inner, weights[at + 1] as Variable)));
      }
      return tf.losses.softmaxCrossEntropy(targets, tf.matMul(h, head)).asScalar();
    });
  };
  const speed = await fastest(async () => {
    const started = performance.now();
    for (let index = 0; index < steps; index++) step();
    head.dataSync();
    return { vectors: steps * batch, ms: performance.now() - started };
  });
  for (const used of [...weights, head, x, labels, targets]) used.dispose();
  optimiser.dispose();
  return speed;
}

const wanted = process.argv.slice(2);
const backends = TENSORFLOW_BACKENDS.filter((name) =>
  wanted.length > 0 ? wanted.includes(name) : name === 'tensorflow' || name === 'wasm',
);
const rows: Record<string, string | number>[] = [];
const rounded = (speed: number): number => Math.round(speed);

for (const backend of backends satisfies TensorflowBackend[]) {
  const loaded = await loadTensorflow(backend).catch((error: unknown) => {
    console.log(`${backend} is left out: ${error instanceof Error ? error.message : error}`);
  });
  if (!loaded) continue;
  const { tf } = loaded;
  await tf.setBackend(backend === 'tensorflow-gpu' ? 'tensorflow' : backend);
  const slow = backend === 'cpu';
  for (const size of TRUNKS) {
    const before = await naive(tf, size, slow ? 1 : backend === 'wasm' ? 3 : 20);
    const [first, later] = await lethe(tf, size, slow ? 512 : 4096);
    rows.push({
      trunk: size.name,
      backend,
      tfjs: rounded(before),
      'first task': rounded(first),
      'later task': rounded(later),
      'first / tfjs': Number((first / before).toFixed(1)),
    });
  }
}
console.log('vectors a second');
console.table(rows);
