import {
  firstOfEachClass,
  openCifar10,
  openCifar100,
  openDemoSubset,
} from '../../packages/experiments/src/embeddings/datasets.js';
import { embedDataset } from '../../packages/experiments/src/embeddings/embedDataset.js';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { EFFICIENTNET_LITE0 } from '../../src/model/embedder/efficientNetLite0.js';
import { labelled } from './labelled.js';
import { digits } from './sets/digits.js';
import { fashionPixels } from './sets/fashion.js';
import { quotations } from './sets/quotations.js';
import { topics } from './sets/topics.js';
import type { VectorSet } from './sets/vectorSet.js';

export type { VectorSet };

/** Where the files of sets are that neither come with Lethe nor are fetched by it. */
export interface SetFolders {
  /** The files of Fashion-MNIST, as in Debian's package dataset-fashion-mnist. */
  readonly fashion: string;
  /** CIFAR-100, see `lethe experiment fig5 --data`. */
  readonly cifar100: string;
  /** `digits.csv.gz` of scikit-learn. */
  readonly digits: string;
  /** The files of Debian's package fortunes. */
  readonly quotations: string;
}

/** Where Debian's packages put them, and where users would. */
export const SET_FOLDERS: SetFolders = {
  fashion: '/usr/share/datasets/fashion-mnist',
  cifar100: 'data/cifar100',
  digits: 'data/digits.csv.gz',
  quotations: '/usr/share/games/fortunes',
};

/** Sets that have little in common: see each. */
export const VECTOR_SETS = {
  /** Images that come with Lethe: of each class 100 to learn and 150 to ask about. */
  images: async () => redivided(await bundled(), 100),
  /** The same with five images of each class to learn, and 245 to ask about. */
  few: async () => redivided(await bundled(), 5),
  /** The same; the largest class has 150 images to learn, and each next one three quarters of that. */
  uneven: async () => redivided(await bundled(), (index) => Math.round(150 * 0.75 ** index)),
  /** CIFAR-10: 1,200 training and 300 test images a class. */
  cifar10: async () =>
    embedded(firstOfEachClass(await openCifar10(undefined, cacheFolder()), { train: 1200, test: 300 })),
  /** CIFAR-100: 100 training and 30 test images of each of 100 classes. */
  cifar100: async ({ cifar100 }: SetFolders) =>
    embedded(firstOfEachClass(await openCifar100(cifar100), { train: 100, test: 30 })),
  /** Fashion-MNIST, pixels without an embedder: 1,000 training and 300 test images a class. */
  fashion: async ({ fashion }: SetFolders) => fashionPixels(fashion, 1000, 300),
  digits: async (folders: SetFolders) => digits(folders.digits),
  quotations: async (folders: SetFolders) => quotations(folders.quotations),
  /** Counts of words, sparse, drawn from overlapping topics; the largest class has twenty times as many as the smallest. */
  words: async () => topics(),
} satisfies Record<string, (folders: SetFolders) => Promise<VectorSet>>;

async function bundled(): Promise<VectorSet> {
  return embedded(await openDemoSubset());
}

async function embedded(images: Parameters<typeof embedDataset>[0]): Promise<VectorSet> {
  const all = await embedDataset(images, EFFICIENTNET_LITE0, { cache: cacheFolder() });
  return { classNames: all.classNames, train: labelled(all.train, all), test: labelled(all.test, all) };
}

/** So many inputs of each class to learn, and all others to ask about. */
function redivided(
  { classNames, train, test }: VectorSet,
  learned: number | ((index: number) => number),
): VectorSet {
  const byClass = classNames.map((name) => [...train, ...test].filter(({ label }) => label === name));
  const of = (index: number): number => (typeof learned === 'number' ? learned : learned(index));
  return {
    classNames,
    train: byClass.flatMap((own, index) => own.slice(0, of(index))),
    test: byClass.flatMap((own, index) => own.slice(of(index))),
  };
}
