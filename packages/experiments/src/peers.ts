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

/**
 * scikit-learn's logistic regression (retrained after every step) and River's streaming classifier on the vectors and the
 * protocol of Table 1.
 * @throws LetheError `unreachable` where the Python or its packages are not there
 */
export async function runPeers({ python, embedded, seeds }: PeerRun): Promise<PeerSummary[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-peers-'));
  try {
    const perSeed: z.infer<typeof answerSchema>[] = [];
    for (const seed of seeds) {
      await handOver(folder, embedded, seed);
      await promisify(execFile)(python, [SCRIPT, folder], { maxBuffer: 2 ** 24 }).catch((cause: unknown) => {
        throw new LetheError('unreachable', `the peers did not run: ${firstLines(cause)}`, {
          field: 'peers',
          value: python,
          remedy:
            'Create a virtual environment with packages/experiments/peers/requirements-heads.txt, and give its python.',
          cause,
        });
      });
      perSeed.push(answerSchema.parse(JSON.parse(await readFile(join(folder, 'answer.json'), 'utf8'))));
    }
    return (perSeed[0] ?? []).map(({ name, accuracy }, peer) => ({
      name,
      remaining: accuracy.map((_, step) => spread(perSeed.map((all) => all[peer]?.accuracy[step]))),
      seconds: accuracy.map((_, step) => spread(perSeed.map((all) => all[peer]?.seconds[step]))),
    }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes vectors (raw float32), labels (bytes) and the steps for the script. */
async function handOver(
  folder: string,
  { train, test, classNames, dimension }: EmbeddedDataset,
  seed: number,
): Promise<void> {
  const protocol = cifar10Protocol(classNames, seed);
  const used = protocol.flatMap(({ kind, classes }) => (kind === 'learn' ? classes : []));
  const part = async (name: string, { vectors, labels }: LabelledVectors): Promise<void> => {
    const rows = used.flatMap((className) => rowsOfClass({ labels }, classNames.indexOf(className)));
    const chosen = new Float32Array(rows.length * dimension);
    rows.forEach((row, at) => {
      chosen.set(vectors.subarray(row * dimension, (row + 1) * dimension), at * dimension);
    });
    await writeFile(join(folder, `${name}.f32`), new Uint8Array(chosen.buffer));
    await writeFile(
      join(folder, `${name}.labels`),
      Uint8Array.from(rows, (row) => labels[row] as number),
    );
  };
  await part('train', train);
  await part('test', test);
  const numbers = (names: readonly string[]): number[] => names.map((name) => classNames.indexOf(name));
  const steps = protocol.map(({ name, kind, classes }, index) => ({
    name,
    kind,
    classes: numbers(classes),
    remaining: numbers(classesAfter(protocol, index).remaining),
  }));
  await writeFile(join(folder, 'protocol.json'), JSON.stringify({ seed, dimension, steps }));
}

function firstLines(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.split('\n').slice(-4).join(' ').trim().slice(0, 300);
}
