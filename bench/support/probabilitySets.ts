import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  firstOfEachClass,
  openCifar10,
  openDemoSubset,
} from '../../packages/experiments/src/embeddings/datasets.js';
import { embedDataset } from '../../packages/experiments/src/embeddings/embedDataset.js';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { normalised } from '../../src/domain/vector.js';
import { EFFICIENTNET_LITE0 } from '../../src/model/embedder/efficientNetLite0.js';
import { type Random, randomOf } from '../../src/model/ssre/random.js';
import { labelled } from './labelled.js';
import type { Labelled } from './lethe.js';

/** Inputs to learn and, apart from them, to ask about. */
export interface ProbabilitySet {
  readonly classNames: readonly string[];
  readonly train: readonly Labelled[];
  readonly test: readonly Labelled[];
}

/** Sets that have little in common: see each. @param fashion folder of Fashion-MNIST's files, where it is wanted */
export const PROBABILITY_SETS = {
  /** Images that come with Lethe: of each class 100 to learn and 150 to ask about. */
  images: async () => redivided(await embedded(await openDemoSubset()), 100),
  /** The same with five images of each class to learn, and 245 to ask about. */
  few: async () => redivided(await embedded(await openDemoSubset()), 5),
  /** CIFAR-10: 1,200 training and 300 test images a class. */
  cifar10: async () =>
    embedded(firstOfEachClass(await openCifar10(undefined, cacheFolder()), { train: 1200, test: 300 })),
  /** Fashion-MNIST, pixels without an embedder: 1,000 training and 300 test images a class. */
  fashion: async (folder: string) => fashionPixels(folder, 1000, 300),
  /** Counts of words, sparse, drawn from overlapping topics; the largest class has twenty times as many as the smallest. */
  words: async () => topics(),
} satisfies Record<string, (fashion: string) => Promise<ProbabilitySet>>;

async function embedded(images: Parameters<typeof embedDataset>[0]): Promise<ProbabilitySet> {
  const all = await embedDataset(images, EFFICIENTNET_LITE0, { cache: cacheFolder() });
  return { classNames: all.classNames, train: labelled(all.train, all), test: labelled(all.test, all) };
}

/** So many inputs of each class to learn, and all others to ask about. */
function redivided({ classNames, train, test }: ProbabilitySet, learned: number): ProbabilitySet {
  const byClass = classNames.map((name) => [...train, ...test].filter(({ label }) => label === name));
  return {
    classNames,
    train: byClass.flatMap((own) => own.slice(0, learned)),
    test: byClass.flatMap((own) => own.slice(learned)),
  };
}

const IMAGES_HEADER = 16;
const LABELS_HEADER = 8;
const PIXELS = 28 * 28;

function fashionPixels(folder: string, train: number, test: number): ProbabilitySet {
  const read = (name: string): Buffer => gunzipSync(readFileSync(join(folder, `${name}-ubyte.gz`)));
  const part = (name: string, most: number): Labelled[] => {
    const images = read(`${name}-images-idx3`).subarray(IMAGES_HEADER);
    const seen = new Map<number, number>();
    return [...read(`${name}-labels-idx1`).subarray(LABELS_HEADER)].flatMap((label, index) => {
      const count = (seen.get(label) ?? 0) + 1;
      seen.set(label, count);
      if (count > most) return [];
      return [asInput(`article ${label}`, images.subarray(index * PIXELS, (index + 1) * PIXELS))];
    });
  };
  return {
    classNames: Array.from({ length: 10 }, (_, label) => `article ${label}`),
    train: part('train', train),
    test: part('t10k', test),
  };
}

const TOPICS = 10;
const VOCABULARY = 500;
const LENGTH = 25;
/** Share of words that any text has. */
const COMMON = 0.8;

function topics(): ProbabilitySet {
  const random = randomOf(1993, TOPICS);
  const words = Array.from({ length: TOPICS }, () =>
    Array.from({ length: VOCABULARY / 5 }, () => random.below(VOCABULARY)),
  );
  const sizes = words.map((_, topic) => Math.round(50 * 20 ** (((topic * 7) % TOPICS) / (TOPICS - 1))));
  const texts = (factor: number): Labelled[] =>
    words.flatMap((own, topic) =>
      Array.from({ length: Math.round((sizes[topic] as number) * factor) }, () =>
        asInput(`topic ${topic}`, text(own, random)),
      ),
    );
  return { classNames: words.map((_, topic) => `topic ${topic}`), train: texts(1), test: texts(1) };
}

function text(own: readonly number[], random: Random): Float32Array {
  const counts = new Float32Array(VOCABULARY);
  for (let at = 0; at < LENGTH; at++) {
    const isCommon = random.below(1000) < 1000 * COMMON;
    // As of any language: the word of rank r comes up about 1 / r times.
    const rank = Math.floor(own.length ** (random.below(10_000) / 10_000)) - 1;
    const word = isCommon ? (rank * 5) % VOCABULARY : (own[rank] as number);
    counts[word] = (counts[word] as number) + 1;
  }
  return counts;
}

function asInput(label: string, values: ArrayLike<number>): Labelled {
  return { label, payload: { kind: 'vector', vector: normalised(Float32Array.from(values)) } };
}
