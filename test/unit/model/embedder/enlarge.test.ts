import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../../../../src/domain/image.js';
import { fittedRows, type ImageSize } from '../../../../src/model/embedder/enlarge.js';

/** An image whose channels are `value`, plus 0, 1 and 2. */
const drawn = (width: number, height: number, value: (x: number, y: number) => number): RgbImage => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const place = Math.floor(i / 3);
    return value(place % width, Math.floor(place / width)) + (i % 3);
  }),
});
const channel = ({ width, data }: RgbImage, x: number, y: number, which: number): number =>
  data[(y * width + x) * 3 + which] as number;

/** The whole image, put together from its rows. */
function enlarged(image: RgbImage, size: ImageSize): RgbImage {
  const data = new Uint8Array(size.width * size.height * 3);
  fittedRows(image, size, (row, y) => data.set(row, y * size.width * 3));
  return { ...size, data };
}

describe('enlarging an image', () => {
  it('keeps a plain colour, whatever the sizes', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: 0, max: 253 }), (w, h, moreW, moreH, colour) => {
        const image = enlarged(
          drawn(w, h, () => colour),
          { width: w + moreW, height: h + moreH },
        );
        expect(image.data.length).toBe(image.width * image.height * 3);
        expect(image.data.every((value, i) => value === colour + (i % 3))).toBe(true);
      }),
    );
  });

  // Catmull-Rom interpolation is exact for parabolas, away from the borders.
  it.each([2, 3, 7])('reproduces a parabola %i times as large', (times) => {
    const source = drawn(20, 20, (x, y) => (x - 10) ** 2 + (y - 10) ** 2);
    const image = enlarged(source, { width: 20 * times, height: 20 * times });
    const at = (place: number): number => (place + 0.5) / times - 0.5;
    for (let y = 2 * times; y < 18 * times; y += 5) {
      for (let x = 2 * times; x < 18 * times; x++) {
        const exact = (at(x) - 10) ** 2 + (at(y) - 10) ** 2;
        expect(Math.abs(channel(image, x, y, 1) - (exact + 1))).toBeLessThanOrEqual(0.5001);
      }
    }
  });

  it('leaves an image of the wanted size as it is', () => {
    const source = drawn(9, 7, (x, y) => 13 * x + 5 * y);
    expect(enlarged(source, { width: 9, height: 7 }).data).toEqual(source.data);
  });

  it('crops the longer side centrally', () => {
    const image = enlarged(
      drawn(30, 10, (x) => (x >= 10 && x < 20 ? 200 : 0)),
      { width: 20, height: 20 },
    );
    expect([channel(image, 4, 10, 0), channel(image, 15, 10, 0)]).toEqual([200, 200]);
  });

  it('clips what overshoots at an edge', () => {
    const image = enlarged(
      drawn(8, 8, (x) => (x < 4 ? 0 : 253)),
      { width: 80, height: 80 },
    );
    expect([Math.min(...image.data), Math.max(...image.data)]).toEqual([0, 255]);
  });
});
