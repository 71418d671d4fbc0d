import type { RgbImage } from '../../domain/image.js';

/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

const TAPS = 4;

/**
 * Enlarges an image to `size` by bicubic interpolation (Catmull-Rom), cropping the longer side centrally.
 *
 * libvips enlarges by a general affine transform, which takes five times as long: half a millisecond here against
 * 2.8 for 32 to 224 pixels, which is a quarter of what the network takes.
 * @param image smaller than `size` in width or height
 */
export function enlarged(image: RgbImage, { width, height }: ImageSize): RgbImage {
  const scale = Math.max(width / image.width, height / image.height);
  const rows = interpolatedRows(image, width, axisTaps(image.width, width, scale));
  const down = axisTaps(image.height, height, scale);
  const stride = width * 3;
  const data = new Uint8ClampedArray(height * stride);
  for (let y = 0; y < height; y++) {
    const at = y * TAPS;
    const r0 = (down.places[at] as number) * stride;
    const r1 = (down.places[at + 1] as number) * stride;
    const r2 = (down.places[at + 2] as number) * stride;
    const r3 = (down.places[at + 3] as number) * stride;
    const w0 = down.weights[at] as number;
    const w1 = down.weights[at + 1] as number;
    const w2 = down.weights[at + 2] as number;
    const w3 = down.weights[at + 3] as number;
    const to = y * stride;
    for (let x = 0; x < stride; x++) {
      data[to + x] =
        (rows[r0 + x] as number) * w0 +
        (rows[r1 + x] as number) * w1 +
        (rows[r2 + x] as number) * w2 +
        (rows[r3 + x] as number) * w3;
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

/** For each place along the result, the places of the source that it is made of, and their weights: shape [to, 4]. */
interface Taps {
  readonly places: Int32Array;
  readonly weights: Float32Array;
}

function axisTaps(from: number, to: number, scale: number): Taps {
  const places = new Int32Array(to * TAPS);
  const weights = new Float32Array(to * TAPS);
  const start = (from - to / scale) / 2;
  for (let place = 0; place < to; place++) {
    const centre = start + (place + 0.5) / scale - 0.5;
    const first = Math.floor(centre) - 1;
    for (let tap = 0; tap < TAPS; tap++) {
      places[place * TAPS + tap] = Math.min(from - 1, Math.max(0, first + tap));
      weights[place * TAPS + tap] = catmullRom(centre - first - tap);
    }
  }
  return { places, weights };
}

function catmullRom(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return 1.5 * x ** 3 - 2.5 * x ** 2 + 1;
  return x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0;
}

/** Every row of the source, interpolated to the wanted width: shape [image.height, width, 3]. */
function interpolatedRows(
  { width: from, height, data }: RgbImage,
  width: number,
  across: Taps,
): Float32Array {
  const { places, weights } = across;
  const rows = new Float32Array(height * width * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = y * from;
    for (let x = 0; x < width; x++) {
      const at = x * TAPS;
      const p0 = (row + (places[at] as number)) * 3;
      const p1 = (row + (places[at + 1] as number)) * 3;
      const p2 = (row + (places[at + 2] as number)) * 3;
      const p3 = (row + (places[at + 3] as number)) * 3;
      const w0 = weights[at] as number;
      const w1 = weights[at + 1] as number;
      const w2 = weights[at + 2] as number;
      const w3 = weights[at + 3] as number;
      for (let channel = 0; channel < 3; channel++) {
        rows[to++] =
          (data[p0 + channel] as number) * w0 +
          (data[p1 + channel] as number) * w1 +
          (data[p2 + channel] as number) * w2 +
          (data[p3 + channel] as number) * w3;
      }
    }
  }
  return rows;
}
