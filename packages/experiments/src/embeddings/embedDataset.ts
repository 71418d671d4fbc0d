import { join } from 'node:path';
import {
  CIFAR_IMAGE_BYTES,
  type ImageDataset,
  type LabelledImages,
} from 'lethe/internal/data/cifarImages.js';
import type { OnDataProgress } from 'lethe/internal/data/progress.js';
import { createEmbedder } from 'lethe/internal/model/embedder/createEmbedder.js';
import type { Embedder } from 'lethe/internal/model/embedder/embedder.js';
import type { ImageEmbedderDescription } from 'lethe/internal/model/embedder/embedderDescription.js';
import { embeddingKey } from './embeddingKey.js';
import { type Precision, reserveDisk, type VectorChunks, vectorChunks } from './vectorChunks.js';

/** Embedded images with their labels. */
export interface LabelledVectors {
  /** Unit vectors, shape [n, dimension]. */
  readonly vectors: Float32Array;
  /** n indices into the class names. */
  readonly labels: Uint8Array;
}

/** A data set as an embedder sees it. */
export interface EmbeddedDataset {
  readonly train: LabelledVectors;
  readonly test: LabelledVectors;
  readonly classNames: readonly string[];
  readonly dimension: number;
  /** Folder of the cache that holds the vectors, named by what they depend on. */
  readonly folder: string;
}

/** A data set to be embedded. */
export interface NamedDataset extends ImageDataset {
  /** Begins the folder's name, e.g. `cifar10`. */
  readonly name: string;
  /** For progress, e.g. `CIFAR-10`. */
  readonly title: string;
  /** Two data sets of one identity have the same images in the same order. */
  readonly identity: string;
}

/** Where and how vectors are kept. */
export interface EmbeddingCache {
  readonly cache: string;
  readonly precision?: Precision;
  readonly onProgress?: OnDataProgress;
}

const CHUNK_IMAGES = 1000;
const BATCH_IMAGES = 32;

/**
 * All images of a data set as vectors.
 *
 * Computed once and kept under `cache` in files of 1,000 vectors, keyed by data, network and preprocessing: a run that
 * was broken off goes on with the first chunk that is missing, and processes at the same work share it.
 * @throws LetheError `embedder-invalid`, `disk-full` (before anything is embedded)
 */
export async function embedDataset(
  dataset: NamedDataset,
  description: ImageEmbedderDescription,
  { cache, precision = 'float32', onProgress = () => undefined }: EmbeddingCache,
): Promise<EmbeddedDataset> {
  const key = await embeddingKey(dataset.identity, description);
  const suffix = precision === 'float32' ? '' : `-${precision}`;
  const folder = join(cache, 'embeddings', `${dataset.name}-${description.name}-${key}${suffix}`);
  const embedder = await createEmbedder(description);
  try {
    const { dimension } = embedder;
    const parts = { train: dataset.train, test: dataset.test };
    const chunks = {
      train: vectorChunks(folder, 'train', dimension, precision),
      test: vectorChunks(folder, 'test', dimension, precision),
    };
    const missing = await Promise.all(
      (['train', 'test'] as const).map((part) =>
        chunks[part].missingBytes(parts[part].labels.length, CHUNK_IMAGES),
      ),
    );
    await reserveDisk(
      folder,
      missing.reduce((sum, bytes) => sum + bytes, 0),
    );
    const vectorsOf = (part: keyof typeof parts): Promise<LabelledVectors> =>
      embedPart(parts[part], chunks[part], embedder, (done, total) =>
        onProgress({ step: 'embed', subject: `${dataset.title} ${part}`, done, total, unit: 'images' }),
      );
    return {
      train: await vectorsOf('train'),
      test: await vectorsOf('test'),
      classNames: dataset.classNames,
      dimension,
      folder,
    };
  } finally {
    await embedder.close();
  }
}

async function embedPart(
  { images, labels }: LabelledImages,
  chunks: VectorChunks,
  embedder: Embedder,
  onProgress: (done: number, total: number) => void,
): Promise<LabelledVectors> {
  const vectors = new Float32Array(labels.length * embedder.dimension);
  for (let start = 0; start < labels.length; start += CHUNK_IMAGES) {
    const end = Math.min(start + CHUNK_IMAGES, labels.length);
    let rows = await chunks.read(start, end - start);
    if (rows === undefined) {
      const chunk = images.subarray(start * CIFAR_IMAGE_BYTES, end * CIFAR_IMAGE_BYTES);
      const embedded = await embedImages(chunk, embedder, (done) => onProgress(start + done, labels.length));
      rows = await chunks.write(start, embedded);
    }
    vectors.set(rows, start * embedder.dimension);
    onProgress(end, labels.length);
  }
  return { vectors, labels };
}

/**
 * Embeds images, decoding a batch while the one before is embedded.
 * @param images n * 3072 bytes
 * @returns unit vectors, shape [n, dimension]
 */
export async function embedImages(
  images: Uint8Array,
  embedder: Embedder,
  onProgress: (done: number) => void = () => undefined,
): Promise<Float32Array<ArrayBuffer>> {
  const { DEFAULT_IMAGE_LIMITS, decodeImage } = await import('lethe/internal/model/embedder/decodeImage.js');
  const count = images.length / CIFAR_IMAGE_BYTES;
  const vectors = new Float32Array(count * embedder.dimension);
  let before: Promise<unknown> = Promise.resolve();
  for (let start = 0; start < count; start += BATCH_IMAGES) {
    const end = Math.min(start + BATCH_IMAGES, count);
    const batch = await Promise.all(
      Array.from({ length: end - start }, (_, index) => {
        const from = (start + index) * CIFAR_IMAGE_BYTES;
        const bytes = images.subarray(from, from + CIFAR_IMAGE_BYTES);
        return decodeImage(
          { kind: 'image', contentType: 'application/x-cifar', bytes },
          embedder.inputSize,
          DEFAULT_IMAGE_LIMITS,
        );
      }),
    );
    await before;
    before = embedder.embed(batch).then((rows) => {
      vectors.set(rows, start * embedder.dimension);
      onProgress(end);
    });
  }
  await before;
  return vectors;
}
