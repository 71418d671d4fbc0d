import { CIFAR_IMAGE_BYTES, type LabelledImages } from 'lethe/internal/data/cifarImages.js';
import type { ImagePayload } from 'lethe/internal/domain/messages/payload.js';

/** An image of a data set, ready to be sent. */
export interface LabelledImage {
  /** Unique within its part of the data set. */
  readonly id: string;
  readonly label: string;
  readonly payload: ImagePayload;
}

/**
 * The images of one part of a data set as payloads that share its memory.
 * @param part its name, for the ids
 */
export function labelledImages(
  { images, labels }: LabelledImages,
  classNames: readonly string[],
  part: string,
): LabelledImage[] {
  return Array.from(labels, (label, index) => ({
    id: `${part}-${index}`,
    label: classNames[label] as string,
    payload: {
      kind: 'image',
      contentType: 'application/x-cifar',
      bytes: images.subarray(index * CIFAR_IMAGE_BYTES, (index + 1) * CIFAR_IMAGE_BYTES),
    },
  }));
}
