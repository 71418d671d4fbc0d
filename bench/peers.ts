/**
 * Training throughput beside PyTorch on the CPU: the residual MLP of SSRE over embeddings, and ResNet-18 on images; same
 * network, batch and threads, by turns in one run; and where the time of Lethe's goes.
 *
 *   npm run bench:peers -- <a python with packages/experiments/peers/requirements-torch.txt> [mlp resnet18]
 */
import { execFile } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { imageSsreConfigSchema } from '../packages/experiments/src/imageSsre/config.js';
import { trainImageTask } from '../packages/experiments/src/imageSsre/trainTask.js';
import { ssreConfigSchema } from '../src/model/ssre/config.js';
import { normals, randomOf } from '../src/model/ssre/random.js';
import { trainTask } from '../src/model/ssre/trainTask.js';
import { loadTensorflow } from '../src/model/tensorflow/loadTensorflow.js';
import { withOpTimes } from './support/opTimes.js';
import { type Figure, report } from './support/report.js';

const THREADS = 2;
const TURNS = 3;
const SHOWN_OPERATIONS = 6;
const CLASSES = ['a', 'b', 'c', 'd', 'e'];
const SCRIPT = fileURLToPath(new URL('../packages/experiments/peers/throughput.py', import.meta.url));
const answerSchema = z.object({ perSecond: z.array(z.number()).min(1), torch: z.string() });

interface Network {
  readonly name: 'mlp' | 'resnet18';
  readonly aim: string;
  readonly unit: string;
  readonly batch: number;
  readonly steps: number;
  /** Trains two epochs or more and calls back after each. */
  readonly train: (onEpoch: () => void) => Promise<unknown>;
  /** What the script has to know beside. */
  readonly peer: Readonly<Record<string, unknown>>;
}

const [python, ...chosen] = process.argv.slice(2);
if (python === undefined) {
  console.error(
    'Give a python with packages/experiments/peers/requirements-torch.txt: npm run bench:peers -- <python>',
  );
  process.exit(2);
}
// Read by libtensorflow when it is loaded.
process.env.TF_NUM_INTRAOP_THREADS ??= String(THREADS);
const { tf, backend } = await loadTensorflow();

const figures: Figure[] = [];
for (const network of [mlp(), resnet18()]) {
  if (chosen.length > 0 && !chosen.includes(network.name)) continue;
  figures.push(...(await compared(network)));
}
report('peers', figures);

function mlp(): Network {
  const { width, blocks, initial, ...rest } = ssreConfigSchema.parse({});
  const [dimension, batch, steps] = [1280, initial.batchSize, 32];
  const labels = labelsOf(batch * steps);
  const vectors = normals(labels.length * dimension, 1 / Math.sqrt(dimension), randomOf(1));
  const task = { task: 'peers', classes: CLASSES, vectors, labels, unlearned: [] };
  const config = { ...rest, width, blocks, initial: { ...initial, epochs: 3 } };
  return {
    name: 'mlp',
    aim: '>= 0.7',
    unit: 'vectors/s',
    batch,
    steps,
    train: (onEpoch) => trainTask(tf, null, task, config, onEpoch),
    peer: { dimension, width, blocks },
  };
}

function resnet18(): Network {
  const config = imageSsreConfigSchema.parse({ trunk: 'resnet18' });
  const [batch, steps] = [64, 4];
  const labels = labelsOf(batch * steps);
  const random = randomOf(2);
  const images = Uint8Array.from({ length: labels.length * 3072 }, () => random.below(256));
  const initial = { ...config.initial, batchSize: batch, epochs: 3 };
  return {
    name: 'resnet18',
    aim: '>= 0.6',
    unit: 'images/s',
    batch,
    steps,
    train: (onEpoch) =>
      trainImageTask(
        tf,
        null,
        { classes: CLASSES, images, labels, unlearned: [] },
        { ...config, initial },
        onEpoch,
      ),
    // The layout that PyTorch advises for convolutions on a CPU; its default is slower.
    peer: { channelsLast: true },
  };
}

function labelsOf(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, row) => row % CLASSES.length);
}

/** Both by turns; the best round of each counts. */
async function compared(network: Network): Promise<Figure[]> {
  const { name, aim, unit, batch, steps } = network;
  let ours = 0;
  let theirs = 0;
  let version = '';
  for (let turn = 0; turn < TURNS; turn++) {
    const answer = await peersTurn(network);
    version = answer.torch;
    theirs = Math.max(theirs, ...answer.perSecond);
    const ends: number[] = [];
    // Epochs alone, without the first, which warms up.
    await network.train(() => ends.push(performance.now()));
    ends.slice(1).forEach((end, index) => {
      ours = Math.max(ours, (1000 * batch * steps) / (end - (ends[index] as number)));
    });
  }
  return [
    { what: `${name}, batch ${batch}: Lethe (${backend})`, value: ours, unit },
    { what: `${name}, batch ${batch}: PyTorch ${version}`, value: theirs, unit },
    { what: `${name}: Lethe / PyTorch`, value: ours / theirs, unit: '', aim },
    ...(backend === 'tensorflow' ? await profiled(network) : []),
  ];
}

/** Where the time of Lethe's epochs goes: the operations that take most, and what is none. */
async function profiled({ name, train }: Network): Promise<Figure[]> {
  let started = 0;
  let ended = 0;
  const shares: Figure[] = [];
  await withOpTimes(tf, async (times) => {
    await train(() => {
      ended = performance.now();
      if (started > 0) return;
      started = ended;
      times.clear();
    });
    const percent = (ms: number): number => (100 * ms) / (ended - started);
    const largest = [...times].sort(([, a], [, b]) => b - a).slice(0, SHOWN_OPERATIONS);
    const inOperations = [...times.values()].reduce((sum, ms) => sum + ms, 0);
    for (const [operation, ms] of largest)
      shares.push({ what: `${name}: time in ${operation}`, value: percent(ms), unit: '%' });
    shares.push({
      what: `${name}: time in no operation (Adam, data, JavaScript)`,
      value: 100 - percent(inOperations),
      unit: '%',
    });
  });
  return shares;
}

function peersTurn({ name, batch, steps, peer }: Network): Promise<z.infer<typeof answerSchema>> {
  const job = { network: name, batch, steps, rounds: 2, threads: THREADS, ...peer };
  return new Promise((resolve, reject) => {
    const child = execFile(python as string, [SCRIPT], (error, stdout) => {
      if (error) reject(error);
      else resolve(answerSchema.parse(JSON.parse(stdout)));
    });
    child.stdin?.end(JSON.stringify(job));
  });
}
