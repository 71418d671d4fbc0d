import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LetheError } from 'lethe/internal/domain/errors.js';
import { z } from 'zod';
import type { EmbeddedDataset, LabelledVectors } from './embeddings/embedDataset.js';
import { rowsOfClass } from './evaluation/datasetKnowledge.js';
import { cifar10Protocol, classesAfter } from './protocol.js';
import { type PeerSummary, spread } from './table1/summary.js';

const SCRIPT = fileURLToPath(new URL('../peers/heads.py', import.meta.url));

const answerSchema = z.array(
  z.object({ name: z.string(), accuracy: z.array(z.number()), seconds: z.array(z.number()) }),
);

/** What the peers are run on. */
export interface PeerRun {
  /** A Python that has the packages of packages/experiments/peers/requirements-heads.txt. */
  readonly python: string;
  readonly embedded: EmbeddedDataset;
  readonly seeds: readonly number[];
}

/** Peers, by their names in heads.py. */
export type Head = 'logistic_regression' | 'lda' | 'knn' | 'centroid' | 'streaming';
const TABLE_1: readonly Head[] = ['logistic_regression', 'lda', 'knn', 'centroid', 'streaming'];

/** What peers are trained and asked with. */
export interface HeadData {
  readonly train: LabelledVectors;
  readonly test: LabelledVectors;
  readonly dimension: number;
  readonly seed: number;
  /** Classes are indices. */
  readonly steps: readonly {
    readonly name: string;
    readonly kind: string;
    readonly classes: readonly number[];
    readonly remaining: readonly number[];
  }[];
}

/** Accuracy (0 to 1) on the remaining classes, and seconds of training, of one peer after each step. */
export type HeadAnswer = z.infer<typeof answerSchema>[number];

/**
 * Classifiers of scikit-learn, tuned on training vectors and retrained after every step, and River's streaming classifier, on the
 * vectors and the protocol of Table 1.
 * @throws LetheError `unreachable` where the Python or its packages are not there
 */
export async function runPeers({ python, embedded, seeds }: PeerRun): Promise<PeerSummary[]> {
  const perSeed: HeadAnswer[][] = [];
  for (const seed of seeds) perSeed.push(await askHeads(python, table1Data(embedded, seed), TABLE_1));
  return (perSeed[0] ?? []).map(({ name, accuracy }, peer) => ({
    name,
    remaining: accuracy.map((_, step) => spread(perSeed.map((all) => all[peer]?.accuracy[step]))),
    seconds: accuracy.map((_, step) => spread(perSeed.map((all) => all[peer]?.seconds[step]))),
  }));
}

/**
 * Trains the peers after each step, and asks them.
 * @throws LetheError `unreachable` where the Python or its packages are not there
 */
export async function askHeads(
  python: string,
  { train, test, ...protocol }: HeadData,
  peers: readonly Head[],
): Promise<HeadAnswer[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-peers-'));
  try {
    await handOver(folder, 'train', train);
    await handOver(folder, 'test', test);
    await writeFile(join(folder, 'protocol.json'), JSON.stringify({ ...protocol, peers }));
    await promisify(execFile)(python, [SCRIPT, folder], { maxBuffer: 2 ** 24 }).catch((cause: unknown) => {
      throw new LetheError('unreachable', `the peers did not run: ${firstLines(cause)}`, {
        field: 'peers',
        value: python,
        remedy:
          'Create a virtual environment with packages/experiments/peers/requirements-heads.txt, and give its python.',
        cause,
      });
    });
    return answerSchema.parse(JSON.parse(await readFile(join(folder, 'answer.json'), 'utf8')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes vectors (raw float32) and labels (bytes) for the script. */
async function handOver(folder: string, name: string, { vectors, labels }: LabelledVectors): Promise<void> {
  const bytes = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
  await writeFile(join(folder, `${name}.f32`), bytes);
  await writeFile(join(folder, `${name}.labels`), labels);
}

/** The vectors that the protocol of Table 1 uses, and its steps. */
function table1Data({ train, test, classNames, dimension }: EmbeddedDataset, seed: number): HeadData {
  const protocol = cifar10Protocol(classNames, seed);
  const used = protocol.flatMap(({ kind, classes }) => (kind === 'learn' ? classes : []));
  const part = ({ vectors, labels }: LabelledVectors): LabelledVectors => {
    const rows = used.flatMap((className) => rowsOfClass({ labels }, classNames.indexOf(className)));
    const chosen = new Float32Array(rows.length * dimension);
    rows.forEach((row, at) => {
      chosen.set(vectors.subarray(row * dimension, (row + 1) * dimension), at * dimension);
    });
    return { vectors: chosen, labels: Uint8Array.from(rows, (row) => labels[row] as number) };
  };
  const numbers = (names: readonly string[]): number[] => names.map((name) => classNames.indexOf(name));
  const steps = protocol.map(({ name, kind, classes }, index) => ({
    name,
    kind,
    classes: numbers(classes),
    remaining: numbers(classesAfter(protocol, index).remaining),
  }));
  return { train: part(train), test: part(test), dimension, seed, steps };
}

function firstLines(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.split('\n').slice(-4).join(' ').trim().slice(0, 300);
}
