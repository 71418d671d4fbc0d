/**
 * What it costs to keep everything on disk: vector queries a second, each published on its own, and vectors stored a second, on
 * disk / in memory; how long it takes to begin with so many vectors, and to write the file anew as an erasure does. Medians of
 * rounds in turn, of one run. `npm run bench:disk -- [vectors, 50000] [queries, 3000]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskFile } from '../src/adapters/disk/file.js';
import { createDiskStore } from '../src/adapters/disk/store/createDiskStore.js';
import type { KnowledgeStore } from '../src/adapters/knowledgeStore.js';
import { createMemoryStore } from '../src/adapters/memory/store/createMemoryStore.js';
import { encodeQuery } from '../src/domain/cloudEvents.js';
import { clusteredVectors } from './kafka/vectors.js';
import { answersTo, type Labelled, learnTask, startForBench } from './support/lethe.js';
import { type Figure, report } from './support/report.js';

const [size = '50000', count = '3000'] = process.argv.slice(2);
const [VECTORS, QUERIES] = [Number(size), Number(count)];
const CLASSES = 10;
const TAUGHT = 40;
const ROUNDS = 5;
const DIMENSION = 1280;
/** Vectors that are stored at once, as the samples of a task are. */
const BATCH = 32;

const folder = mkdtempSync(join(tmpdir(), 'lethe-bench-disk-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const source = clusteredVectors(CLASSES, DIMENSION);
const pool = Array.from({ length: 1000 }, (_, index) => source.next(index % CLASSES));
const figures: Figure[] = [...(await queriesPerSecond()), ...(await keeping())];
report('disk', figures);
process.exit(0);

async function queriesPerSecond(): Promise<Figure[]> {
  const rates = { memory: [] as number[], disk: [] as number[] };
  const kinds = ['memory', 'disk'] as const;
  const opened = await Promise.all(
    kinds.map(async (kind) => {
      const lethe = await startForBench({
        http: { enabled: false },
        learning: { learner: 'analytic' },
        stores: { kind },
        transport: { kind },
        disk: { folder: join(folder, 'queries') },
      });
      const taught = Array.from({ length: CLASSES * TAUGHT }, (_, index): Labelled => {
        const payload = { kind: 'vector', vector: source.next(index % CLASSES) } as const;
        return { label: source.classNames[index % CLASSES] as string, payload };
      });
      await learnTask(lethe, 'base', taught);
      return { kind, lethe };
    }),
  );
  for (let round = 0; round <= ROUNDS; round++)
    for (const { kind, lethe } of opened) {
      const asked = Array.from({ length: QUERIES }, (_, index) => {
        const payload = { kind: 'vector', vector: pool[index % pool.length] as Float32Array } as const;
        return encodeQuery({ id: `q${round}-${index}`, payload }, lethe.topics);
      });
      const ms = await taking(() => answersTo(lethe, asked));
      // The first round warms up.
      if (round > 0) rates[kind].push((1000 * QUERIES) / ms);
    }
  await Promise.all(opened.map(({ lethe }) => lethe.close()));
  const [onDisk, inMemory] = [median(rates.disk), median(rates.memory)];
  return [
    { what: 'queries/s on disk', value: onDisk, unit: '/s' },
    { what: 'queries/s on disk / in memory', value: onDisk / inMemory, unit: '', aim: '>= 0.9' },
  ];
}

async function keeping(): Promise<Figure[]> {
  const place = join(folder, 'vectors');
  const identity = { model: 'bench', embedder: 'bench', dimension: DIMENSION };
  const first = new DiskFile(place);
  const memory = createMemoryStore({ dimension: DIMENSION });
  const storing = { disk: 0, memory: 0 };
  const disk = createDiskStore(first, identity);
  for (let start = 0; start < VECTORS; start += BATCH) {
    const records = Array.from({ length: Math.min(BATCH, VECTORS - start) }, (_, index) => ({
      id: `v${start + index}`,
      className: source.classNames[(start + index) % CLASSES] as string,
      task: 'base',
      vector: pool[(start + index) % pool.length] as Float32Array,
    }));
    const insert = async (store: KnowledgeStore) => void (await store.insert(records, 0));
    storing.memory += await taking(() => insert(memory));
    storing.disk += await taking(() => insert(disk));
  }
  first.close();
  const opening: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let file: DiskFile | undefined;
    opening.push(
      await taking(async () => {
        file = new DiskFile(place);
        createDiskStore(file, identity);
      }),
    );
    file?.close();
  }
  const last = new DiskFile(place);
  const store = createDiskStore(last, identity);
  const rewriting = await taking(async () => void (await store.rewriteFiles()));
  last.close();
  return [
    { what: 'vectors stored/s on disk', value: (1000 * VECTORS) / storing.disk, unit: '/s' },
    { what: 'vectors stored/s in memory', value: (1000 * VECTORS) / storing.memory, unit: '/s' },
    { what: `opening with ${VECTORS} vectors`, value: median(opening) / 1000, unit: 's', aim: '<= 3' },
    { what: `writing the file of ${VECTORS} vectors anew`, value: rewriting / 1000, unit: 's' },
  ];
}

async function taking(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
