import { createHash } from 'node:crypto';
import { CIFAR_IMAGE_BYTES, type LabelledImages } from 'lethe/internal/data/cifarImages.js';

/**
 * SHA-256 of labelled images, whatever their order and however they are split: that of the sorted lines
 * `<label> <MD5 of the planes>`.
 */
export function contentDigest(parts: readonly LabelledImages[]): string {
  const lines = parts.flatMap(({ images, labels }) =>
    Array.from(labels, (label, image) => {
      const planes = images.subarray(image * CIFAR_IMAGE_BYTES, (image + 1) * CIFAR_IMAGE_BYTES);
      return `${label} ${createHash('md5').update(planes).digest('hex')}`;
    }),
  );
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}
