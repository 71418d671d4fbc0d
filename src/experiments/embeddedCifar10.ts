import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CIFAR_IMAGE_BYTES,
  CIFAR10_PACKAGE,
  fetchCifar10,
  type LabelledImages,
  loadCifar10,
} from '../data/cifar10.js';
import type { OnDataProgress } from '../data/progress.js';
import { createEmbedder } from '../model/embedder/createEmbedder.js';
import { DEFAULT_IMAGE_LIMITS, decodeImage, RESIZING } from '../model/embedder/decodeImage.js';
import { EFFICIENTNET_LITE0 } from '../model/embedder/efficientNetLite0.js';
import type { Embedder } from '../model/embedder/embedder.js';
import type { OnnxEmbedderDescription } from '../model/embedder/onnxDescription.js';

/** Embedded images with their labels. */
export interface LabelledVectors {
  /** Unit vectors, shape [n, dimension]. */
  readonly vectors: Float32Array;
  /** n indices into the class names. */
  readonly labels: Uint8Array;
}

/** CIFAR-10 as an embedder sees it. */
export interface EmbeddedDataset {
  readonly train: LabelledVectors;
  readonly test: LabelledVectors;
  readonly classNames: readonly string[];
  readonly dimension: number;
}

const CHUNK_IMAGES = 1000;
const BATCH_IMAGES = 32;

/**
 * All 60,000 images of CIFAR-10 as vectors.
 *
 * Computed once and kept under `cache` in files of 1,000 vectors (float32), keyed by data, network and preprocessing:
 * a run that was broken off goes on with the first chunk that is missing, and processes at the same work share it.
 * @throws LetheError `download-corrupt`, `embedder-invalid`
 */
export async function embeddedCifar10(
  cache: string,
  onProgress: OnDataProgress = () => undefined,
  description: OnnxEmbedderDescription = EFFICIENTNET_LITE0,
): Promise<EmbeddedDataset> {
  const { train, test, classNames } = await loadCifar10(await fetchCifar10(cache, onProgress));
  const embedder = await createEmbedder(description);
  try {
    const folder = join(cache, 'embeddings', `cifar10-${description.name}-${await keyOf(description)}`);
    await mkdir(folder, { recursive: true });
    const vectorsOf = async (part: string, { images, labels }: LabelledImages): Promise<LabelledVectors> => {
      const vectors = new Float32Array(labels.length * embedder.dimension);
      for (let start = 0; start < labels.length; start += CHUNK_IMAGES) {
        const file = join(folder, `${part}-${String(start).padStart(5, '0')}.f32`);
        const chunk = images.subarray(start * CIFAR_IMAGE_BYTES, (start + CHUNK_IMAGES) * CIFAR_IMAGE_BYTES);
        vectors.set(await chunkOf(file, chunk, embedder), start * embedder.dimension);
        const done = Math.min(start + CHUNK_IMAGES, labels.length);
        onProgress({
          step: 'embed',
          subject: `CIFAR-10 ${part}`,
          done,
          total: labels.length,
          unit: 'images',
        });
      }
      return { vectors, labels };
    };
    return {
      train: await vectorsOf('train', train),
      test: await vectorsOf('test', test),
      classNames,
      dimension: embedder.dimension,
    };
  } finally {
    await embedder.close();
  }
}

async function keyOf(description: OnnxEmbedderDescription): Promise<string> {
  const { path, threads: _, batchLimit: __, ...meaning } = description;
  return createHash('sha256')
    .update(JSON.stringify([CIFAR10_PACKAGE.integrity, RESIZING, meaning]))
    .update(await readFile(path))
    .digest('hex')
    .slice(0, 12);
}

async function chunkOf(file: string, images: Uint8Array, embedder: Embedder): Promise<Float32Array> {
  const bytes = (images.length / CIFAR_IMAGE_BYTES) * embedder.dimension * Float32Array.BYTES_PER_ELEMENT;
  const kept = await readFile(file).catch(() => undefined);
  if (kept?.length === bytes) return new Float32Array(new Uint8Array(kept).buffer);
  const vectors = await embedAll(images, embedder);
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, new Uint8Array(vectors.buffer));
  await rename(unfinished, file);
  return vectors;
}

/** Decodes a batch while the one before is embedded. */
async function embedAll(images: Uint8Array, embedder: Embedder): Promise<Float32Array<ArrayBuffer>> {
  const count = images.length / CIFAR_IMAGE_BYTES;
  const vectors = new Float32Array(count * embedder.dimension);
  let before: Promise<unknown> = Promise.resolve();
  for (let start = 0; start < count; start += BATCH_IMAGES) {
    const batch = await Promise.all(
      Array.from({ length: Math.min(BATCH_IMAGES, count - start) }, (_, index) => {
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
    before = embedder.embed(batch).then((rows) => vectors.set(rows, start * embedder.dimension));
  }
  await before;
  return vectors;
}
