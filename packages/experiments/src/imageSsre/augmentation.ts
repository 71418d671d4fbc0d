import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Random } from 'lethe/internal/model/ssre/random.js';
import type { Tensorflow } from 'lethe/internal/model/tensorflow/tensorflow.js';
import type { ImageSsreConfig } from './config.js';

/** Mean and deviation of red, green and blue, from 0 to 255, as published with SSRE (those of CIFAR-100). */
export const CHANNEL_MEANS = [0.5071, 0.4867, 0.4408].map((mean) => 255 * mean);
export const CHANNEL_DEVIATIONS = [0.2675, 0.2565, 0.2761].map((deviation) => 255 * deviation);

/** How one image is seen: moved by so many pixels, and perhaps mirrored. */
export interface View {
  readonly down: number;
  readonly right: number;
  readonly mirrored: boolean;
}

/** The image as it is. */
const PLAIN_VIEW: View = { down: 0, right: 0, mirrored: false };

/** A random view for each of n images: a crop out of a padded image is the image moved by at most the padding. */
export function drawViews(
  n: number,
  { padding, flip }: ImageSsreConfig['augmentation'],
  random: Random,
): View[] {
  const moved = (): number => (padding === 0 ? 0 : random.below(2 * padding + 1) - padding);
  return Array.from({ length: n }, () => ({
    down: moved(),
    right: moved(),
    mirrored: flip && random.below(2) === 1,
  }));
}

/**
 * Images of a batch on the device, standardised; what a view shows beside an image is black.
 * @param images bytes, each image as its red, green and blue planes: shape [N, 3, side, side]
 * @param rows numbers of images
 * @param viewOf the view of the image in this place of the batch; as it is, where there is none
 * @returns shape [rows.length, side, side, 3]
 */
export function imagesOf(
  tf: Tensorflow,
  images: Uint8Array,
  side: number,
  rows: Uint32Array,
  viewOf: (place: number) => View | undefined = () => undefined,
): Tensor4D {
  const plane = side * side;
  const values = new Float32Array(rows.length * plane * 3);
  rows.forEach((row, place) => {
    const { down, right, mirrored } = viewOf(place) ?? PLAIN_VIEW;
    const to = place * plane * 3;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const fromY = y + down;
        const fromX = (mirrored ? side - 1 - x : x) + right;
        const inside = fromY >= 0 && fromY < side && fromX >= 0 && fromX < side;
        const from = row * plane * 3 + fromY * side + fromX;
        for (let channel = 0; channel < 3; channel++) {
          const value = inside ? (images[from + channel * plane] as number) : 0;
          values[to + (y * side + x) * 3 + channel] = standardised(value, channel);
        }
      }
    }
  });
  return tf.tensor4d(values, [rows.length, side, side, 3]);
}

function standardised(value: number, channel: number): number {
  return (value - (CHANNEL_MEANS[channel] as number)) / (CHANNEL_DEVIATIONS[channel] as number);
}

/**
 * Images that are on the device already, as they are.
 * @param planes numbers from 0 to 255, shape [n, 3 * side * side]
 * @returns shape [n, side, side, 3]
 */
export function standardisedPlanes(tf: Tensorflow, planes: Tensor2D, side: number): Tensor4D {
  const images = tf.transpose(tf.reshape(planes, [-1, 3, side, side]), [0, 2, 3, 1]) as Tensor4D;
  return tf.div(tf.sub(images, CHANNEL_MEANS), CHANNEL_DEVIATIONS);
}
