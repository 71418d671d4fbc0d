import { z } from 'zod';
import type { RgbImage } from '../../domain/image.js';

const perChannel = z.tuple([z.number(), z.number(), z.number()]);
const side = z.int().min(8).max(2048);

/**
 * How the pixels of an image become the numbers that a network was trained on: (pixel * scale - mean) / std.
 *
 * `mean` and `std` are in the order in which the channels are fed, so BGR means begin with blue's.
 */
export const preprocessingSchema = z.strictObject({
  inputSize: z
    .strictObject({ width: side, height: side })
    .describe('Size in pixels that images are resized to.'),
  scale: z
    .number()
    .positive()
    .default(1)
    .describe('Factor for pixels of 0 to 255, applied first: 1/255 where mean and std are for 0 to 1.'),
  mean: perChannel.default([0, 0, 0]).describe('Subtracted from each channel, in the order of `channels`.'),
  std: perChannel
    .refine((values) => values.every((value) => value !== 0), 'must not be 0')
    .default([1, 1, 1])
    .describe('Divides each channel, in the order of `channels`.'),
  layout: z
    .enum(['NCHW', 'NHWC'])
    .default('NCHW')
    .describe('Axes of the input: planes (as PyTorch has them) or interleaved channels (TensorFlow).'),
  channels: z.enum(['RGB', 'BGR']).default('RGB').describe('Order of the colours.'),
});
export type Preprocessing = z.infer<typeof preprocessingSchema>;

/** Shape of the network's input for `count` images. */
export function inputShape(count: number, preprocessing: Preprocessing): [number, number, number, number] {
  const { width, height } = preprocessing.inputSize;
  return preprocessing.layout === 'NCHW' ? [count, 3, height, width] : [count, height, width, 3];
}

/**
 * Lays images one after the other: n * height * width * 3 bytes.
 * @throws RangeError where an image is not of the network's input size (a mistake of the caller: decoding resizes)
 */
export function packed(images: readonly RgbImage[], { inputSize }: Preprocessing): Uint8Array<ArrayBuffer> {
  const bytes = inputSize.width * inputSize.height * 3;
  const pixels = new Uint8Array(images.length * bytes);
  images.forEach(({ width, height, data }, index) => {
    if (width !== inputSize.width || height !== inputSize.height || data.length !== bytes) {
      throw new RangeError(
        `image ${index} is ${width} x ${height}, not ${inputSize.width} x ${inputSize.height}: decode it to the embedder's input size`,
      );
    }
    pixels.set(data, index * bytes);
  });
  return pixels;
}

/**
 * The network's input for packed RGB pixels.
 * @param pixels shape [n, height, width, 3]
 * @returns shape {@link inputShape}
 */
export function preprocessed(pixels: Uint8Array, preprocessing: Preprocessing): Float32Array {
  const { inputSize, layout, channels } = preprocessing;
  const area = inputSize.width * inputSize.height;
  const input = new Float32Array(pixels.length);
  const planar = layout === 'NCHW';
  const [step, channelStep] = planar ? [1, area] : [3, 1];
  for (let fed = 0; fed < 3; fed++) {
    const values = levels(fed, preprocessing);
    const source = channels === 'RGB' ? fed : 2 - fed;
    for (let image = 0; image < pixels.length; image += 3 * area) {
      let from = image + source;
      let to = image + fed * channelStep;
      for (let p = 0; p < area; p++, from += 3, to += step) {
        input[to] = values[pixels[from] as number] as number;
      }
    }
  }
  return input;
}

/** What each of the 256 levels of a pixel becomes in the channel fed at place `fed`. */
function levels(fed: number, { scale, mean, std }: Preprocessing): Float32Array {
  const [offset, divisor] = [mean[fed] as number, std[fed] as number];
  return Float32Array.from({ length: 256 }, (_, level) => (level * scale - offset) / divisor);
}
