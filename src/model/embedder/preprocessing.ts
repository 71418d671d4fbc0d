import { z } from 'zod';
import type { RgbImage } from '../../domain/image.js';
import { fittedRows, type ImageSize } from './enlarge.js';

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
    .describe('Size in pixels to which images are resized.'),
  scale: z
    .number()
    .positive()
    .default(1)
    .describe('Factor for pixels of 0 to 255, applied first. Use 1/255 if mean and std are for 0 to 1.'),
  mean: perChannel.default([0, 0, 0]).describe('Subtracted from each channel, in the order of `channels`.'),
  std: perChannel
    .refine((values) => values.every((value) => value !== 0), 'must not be 0')
    .default([1, 1, 1])
    .describe('Divides each channel, in the order of `channels`.'),
  layout: z
    .enum(['NCHW', 'NHWC'])
    .default('NCHW')
    .describe('Axes of the input: planes (PyTorch) or interleaved channels (TensorFlow).'),
  channels: z.enum(['RGB', 'BGR']).default('RGB').describe('Order of the colour channels.'),
});
export type Preprocessing = z.infer<typeof preprocessingSchema>;

/** Shape of the network's input for `count` images. */
export function inputShape(count: number, preprocessing: Preprocessing): [number, number, number, number] {
  const { width, height } = preprocessing.inputSize;
  return preprocessing.layout === 'NCHW' ? [count, 3, height, width] : [count, height, width, 3];
}

/** Images laid one after the other, each at its own size, to be handed to another thread in one piece. */
export interface PackedImages {
  readonly sizes: readonly ImageSize[];
  /** The RGB pixels of all images; those of one image take width * height * 3 bytes. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** @throws RangeError where an image has not the pixels of its size (a mistake of the caller) */
export function packed(images: readonly RgbImage[]): PackedImages {
  const total = images.reduce((sum, { data }) => sum + data.length, 0);
  const pixels = new Uint8Array(total);
  let offset = 0;
  const sizes = images.map(({ width, height, data }, index) => {
    if (data.length !== width * height * 3) {
      throw new RangeError(
        `image ${index} has ${data.length} bytes, not those of ${width} x ${height} pixels`,
      );
    }
    pixels.set(data, offset);
    offset += data.length;
    return { width, height };
  });
  return { sizes, pixels };
}

/**
 * The network's input for packed images, which are fitted to its size (see {@link fittedRows}).
 * @returns shape {@link inputShape}
 */
export function preprocessed({ sizes, pixels }: PackedImages, preprocessing: Preprocessing): Float32Array {
  const { inputSize } = preprocessing;
  const input = new Float32Array(sizes.length * inputSize.width * inputSize.height * 3);
  const writeRow = rowWriter(input, preprocessing);
  let offset = 0;
  sizes.forEach(({ width, height }, index) => {
    const data = pixels.subarray(offset, offset + width * height * 3);
    offset += data.length;
    fittedRows({ width, height, data }, inputSize, (row, y) => writeRow(row, index, y));
  });
  return input;
}

/** Writes rows of pixels to their places in the network's input, as the numbers that it wants. */
function rowWriter(
  input: Float32Array,
  preprocessing: Preprocessing,
): (row: Uint8Array | Uint8ClampedArray, image: number, y: number) => void {
  const { inputSize, layout, channels } = preprocessing;
  const { width, height } = inputSize;
  const area = width * height;
  const [step, channelStep] = layout === 'NCHW' ? [1, area] : [3, 1];
  const fedChannels = [0, 1, 2].map((fed) => ({
    values: levels(fed, preprocessing),
    source: channels === 'RGB' ? fed : 2 - fed,
    start: fed * channelStep,
  }));
  return (row, image, y) => {
    for (const { values, source, start } of fedChannels) {
      let from = source;
      let to = image * 3 * area + y * width * step + start;
      for (let x = 0; x < width; x++, from += 3, to += step) {
        input[to] = values[row[from] as number] as number;
      }
    }
  };
}

/** What each of the 256 levels of a pixel becomes in the channel fed at place `fed`. */
function levels(fed: number, { scale, mean, std }: Preprocessing): Float32Array {
  const [offset, divisor] = [mean[fed] as number, std[fed] as number];
  return Float32Array.from({ length: 256 }, (_, level) => (level * scale - offset) / divisor);
}
