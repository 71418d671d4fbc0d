import type { Tensor4D } from '@tensorflow/tfjs';
import { normals, type Random, randomOf } from 'lethe/internal/model/ssre/random.js';
import type { Tensorflow } from 'lethe/internal/model/tensorflow/tensorflow.js';
import { initialTrunk } from '../../../src/imageSsre/architecture.js';
import { type ImageSsreConfig, imageSsreConfigSchema } from '../../../src/imageSsre/config.js';
import { foldedTrunk } from '../../../src/imageSsre/initialTask.js';
import { mapTrunk } from '../../../src/imageSsre/network.js';

export const SIDE = 8;

/** Settings of a network small enough for plain JavaScript, without augmentation. */
export function smallConfig(over: Partial<ImageSsreConfig> = {}): ImageSsreConfig {
  return imageSsreConfigSchema.parse({
    trunk: 'resnet20',
    channels: 4,
    side: SIDE,
    augmentation: { padding: 0, flip: false },
    ...over,
  });
}

/** n images of random bytes. */
export function randomImages(n: number, random: Random, side = SIDE): Uint8Array {
  return Uint8Array.from({ length: n * 3 * side * side }, () => random.below(256));
}

/** A trunk whose scales and shifts are no longer those of the beginning. */
export function usedTrunk(trunk: ImageSsreConfig['trunk'], channels: number) {
  const random = randomOf(17);
  return mapTrunk(initialTrunk(trunk, channels, random), (convolution) => ({
    ...convolution,
    scale: convolution.scale.map(() => 1 + 0.3 * random.normal()),
    shift: convolution.shift.map(() => 0.3 * random.normal()),
  }));
}

/** A folded trunk like one that the first task leaves, for images of 32 x 32. */
export function usedFoldedTrunk(tf: Tensorflow, name: ImageSsreConfig['trunk'], channels: number) {
  const images = { images: randomImages(16, randomOf(18), 32), labels: new Int32Array(16) };
  return foldedTrunk(tf, usedTrunk(name, channels), images, { side: 32, batchSize: 16 }, randomOf(19));
}

/** Numbers from N(0, 1) as an image-like tensor. */
export function randomTensor(
  tf: Tensorflow,
  shape: [number, number, number, number],
  seed: number,
): Tensor4D {
  const length = shape.reduce((product, size) => product * size, 1);
  return tf.tensor4d(normals(length, 1, randomOf(seed)), shape);
}
