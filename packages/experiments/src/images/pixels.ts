import {
  CIFAR_IMAGE_BYTES,
  type ImageDataset,
  type LabelledImages,
} from 'lethe/internal/data/cifarImages.js';
import type { EmbeddedDataset, LabelledVectors } from '../embeddings/embedDataset.js';

/** A data set whose "vectors" are the images themselves: numbers from 0 to 255, plane by plane. */
export function asPixels({ train, test, classNames }: ImageDataset): Omit<EmbeddedDataset, 'folder'> {
  return { train: pixelsOf(train), test: pixelsOf(test), classNames, dimension: CIFAR_IMAGE_BYTES };
}

function pixelsOf({ images, labels }: LabelledImages): LabelledVectors {
  return { vectors: Float32Array.from(images), labels };
}
