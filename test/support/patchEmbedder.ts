import type { RgbImage } from '../../src/domain/image.js';
import { normalised } from '../../src/domain/vector.js';
import type { Embedder } from '../../src/model/embedder/embedder.js';

/** Side of the images, in pixels; each quarter gives its mean red, green and blue. */
const SIDE = 8;
/** Components of a vector: red, green and blue of the four quarters. */
export const PATCH_DIMENSION = 12;

/**
 * A small embedder that needs no network: the mean colours of an image's quarters.
 * @param work what every batch waits for
 */
export function patchEmbedder(work: (images: number) => Promise<void> = async () => undefined): Embedder {
  return {
    name: 'patches',
    dimension: PATCH_DIMENSION,
    inputSize: { width: SIDE, height: SIDE },
    close: async () => undefined,
    async embed(images) {
      await work(images.length);
      const vectors = new Float32Array(images.length * PATCH_DIMENSION);
      images.forEach((image, index) => {
        if (typeof image === 'string') throw new RangeError('patches are of images');
        vectors.set(normalised(meanColours(image)), index * PATCH_DIMENSION);
      });
      return vectors;
    },
  };
}

function meanColours({ width, height, data }: RgbImage): Float32Array {
  const means = new Float32Array(PATCH_DIMENSION);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const quarter = 2 * Math.floor((2 * y) / height) + Math.floor((2 * x) / width);
      for (let channel = 0; channel < 3; channel++) {
        const at = 3 * quarter + channel;
        means[at] = (means[at] as number) + (data[3 * (y * width + x) + channel] as number) + 1;
      }
    }
  }
  return means;
}
