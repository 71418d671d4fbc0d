import { CIFAR_IMAGE_BYTES, type LabelledImages } from 'lethe/internal/data/cifarImages.js';
import type { Embedder } from 'lethe/internal/model/embedder/embedder.js';
import { embedImages } from '../embeddings/embedDataset.js';

/** Enough for a steady pace, over in seconds. */
const IMAGES = 256;

/** Images per second that the embedder makes vectors of, after a warm-up. */
export async function throughputOf(embedder: Embedder, { images }: LabelledImages): Promise<number> {
  const some = images.subarray(0, IMAGES * CIFAR_IMAGE_BYTES);
  await embedImages(some.subarray(0, 32 * CIFAR_IMAGE_BYTES), embedder);
  const started = performance.now();
  await embedImages(some, embedder);
  return (some.length / CIFAR_IMAGE_BYTES / (performance.now() - started)) * 1000;
}

/** The image of a test input, whose id ends in its number. */
export function imagesOf({ images }: LabelledImages): (id: string) => Uint8Array {
  return (id) => {
    const at = Number(id.slice(id.lastIndexOf('-') + 1)) * CIFAR_IMAGE_BYTES;
    return images.subarray(at, at + CIFAR_IMAGE_BYTES);
  };
}
