import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { CIFAR_IMAGE_BYTES } from '../../../src/data/cifarImages.js';
import { imagesOfSprite, spriteOfImages } from '../../../src/data/sprite.js';

const side = fc.integer({ min: 1, max: 3 });
const grids = fc.record({ columns: side, rows: side });

describe('a sprite of images', () => {
  it('gives back the images that were laid into it, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(grids, fc.integer({ min: 1, max: 250 }), async (grid, step) => {
        const bytes = grid.columns * grid.rows * CIFAR_IMAGE_BYTES;
        const images = Uint8Array.from({ length: bytes }, (_, i) => (i * step + (i >> 7)) % 256);
        expect(Buffer.compare(await imagesOfSprite(await spriteOfImages(images, grid), grid), images)).toBe(
          0,
        );
      }),
      { numRuns: 10 },
    );
  });

  it('lays them row by row, red, green and blue together', async () => {
    const images = new Uint8Array(2 * CIFAR_IMAGE_BYTES);
    images.fill(9, CIFAR_IMAGE_BYTES, CIFAR_IMAGE_BYTES + 1024);
    const sprite = await spriteOfImages(images, { columns: 2, rows: 1 });
    const { data, info } = await sharp(sprite).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 64, height: 32 });
    expect([...data.subarray(31 * 3, 33 * 3)]).toEqual([0, 0, 0, 9, 0, 0]);
  });

  it('is refused where it has another size', async () => {
    const sprite = await spriteOfImages(new Uint8Array(CIFAR_IMAGE_BYTES), { columns: 1, rows: 1 });
    await expect(imagesOfSprite(sprite, { columns: 2, rows: 1 })).rejects.toMatchObject({
      code: 'download-corrupt',
      value: '32x32',
    });
  });
});
