import type { RgbImage } from '../../domain/image.js';

/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

const TAPS = 4;

/**
 * Visits the rows of an image as it is at `size`: unchanged where it has that size, else enlarged by bicubic
 * interpolation (Catmull-Rom), the longer side cropped centrally.
 *
 * libvips enlarges by a general affine transform, which takes four times as long: 2.8 ms for 32 to 224 pixels, a quarter
 * of what the network takes.
 * @param visit gets each row from the top, channels interleaved, and its number; the row is overwritten by the next one
 */
export function fittedRows(
  image: RgbImage,
  { width, height }: ImageSize,
  visit: (row: Uint8Array | Uint8ClampedArray, y: number) => void,
): void {
  const stride = width * 3;
  if (image.width === width && image.height === height) {
    for (let y = 0; y < height; y++) visit(image.data.subarray(y * stride, (y + 1) * stride), y);
    return;
  }
  const scale = Math.max(width / image.width, height / image.height);
  const rows = interpolatedRows(image, width, axisTaps(image.width, width, scale));
  const down = axisTaps(image.height, height, scale);
  const row = new Uint8ClampedArray(stride);
  for (let y = 0; y < height; y++) {
    mixRows(rows, down, y, row);
    visit(row, y);
  }
}

/** Row `y` of the result, made of four rows of the source. */
function mixRows(rows: Float32Array, { places, weights }: Taps, y: number, row: Uint8ClampedArray): void {
  const at = y * TAPS;
  const stride = row.length;
  const r0 = (places[at] as number) * stride;
  const r1 = (places[at + 1] as number) * stride;
  const r2 = (places[at + 2] as number) * stride;
  const r3 = (places[at + 3] as number) * stride;
  const w0 = weights[at] as number;
  const w1 = weights[at + 1] as number;
  const w2 = weights[at + 2] as number;
  const w3 = weights[at + 3] as number;
  for (let x = 0; x < stride; x++) {
    row[x] =
      (rows[r0 + x] as number) * w0 +
      (rows[r1 + x] as number) * w1 +
      (rows[r2 + x] as number) * w2 +
      (rows[r3 + x] as number) * w3;
  }
}

/** For each place along the result, the places of the source that it is made of, and their weights: shape [to, 4]. */
interface Taps {
  readonly places: Int32Array;
  readonly weights: Float32Array;
}

/** The latest taps by axis lengths: images of a stream mostly have one size. */
const remembered = new Map<string, Taps>();
const REMEMBERED = 64;

function axisTaps(from: number, to: number, scale: number): Taps {
  const key = `${from} ${to} ${scale}`;
  const known = remembered.get(key);
  if (known) return known;
  const taps = computedTaps(from, to, scale);
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(key, taps);
  return taps;
}

function computedTaps(from: number, to: number, scale: number): Taps {
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
