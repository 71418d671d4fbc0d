import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { LetheError } from '../../../../src/domain/errors.js';
import type { RgbImage } from '../../../../src/domain/image.js';
import type { ImageType } from '../../../../src/domain/messages/payload.js';
import { decodeImage, type ImageLimits } from '../../../../src/model/embedder/decodeImage.js';

const LIMITS: ImageLimits = { maxBytes: 1_000_000, maxPixels: 1_000_000 };
const SIZE = { width: 16, height: 16 };
const RED = { r: 255, g: 0, b: 0 };

const decode = (contentType: ImageType, bytes: Uint8Array, limits = LIMITS, size = SIZE): Promise<RgbImage> =>
  decodeImage({ kind: 'image', contentType, bytes }, size, limits);
const plain = (width: number, height: number, background: object, channels: 3 | 4 = 3) =>
  sharp({ create: { width, height, channels, background } });
const noise = (side: number) =>
  sharp({
    create: {
      width: side,
      height: side,
      channels: 3,
      background: RED,
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  });
const pixel = ({ data, width }: RgbImage, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];
/** A PNG whose header claims another size than its pixels have. */
async function pngClaiming(width: number, height: number): Promise<Buffer> {
  const png = await plain(1, 1, RED).png().toBuffer();
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

describe('decoding an image', () => {
  it.each([
    ['image/png', () => plain(40, 30, RED).png().toBuffer()],
    ['image/jpeg', () => plain(40, 30, RED).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer()],
    ['image/webp', () => plain(40, 30, RED).webp({ lossless: true }).toBuffer()],
  ] as const)('gives RGB pixels of the wanted size from %s', async (type, make) => {
    const image = await decode(type, await make());
    expect(image).toMatchObject(SIZE);
    expect(image.data.length).toBe(16 * 16 * 3);
    const [r, g, b] = pixel(image, 8, 8) as [number, number, number];
    expect([r > 250, g < 5, b < 5]).toEqual([true, true, true]);
  });

  it('reads the planes of a CIFAR image', async () => {
    const planes = new Uint8Array(3072).fill(10, 0, 1024).fill(20, 1024, 2048).fill(30, 2048);
    const image = await decode('application/x-cifar', planes);
    expect(pixel(image, 0, 0)).toEqual([10, 20, 30]);
    expect(pixel(image, 15, 15)).toEqual([10, 20, 30]);
  });

  it('gives the same pixels for a small image, however it is encoded', async () => {
    const planes = Uint8Array.from({ length: 3072 }, (_, i) => (i * 37 + (i >> 5)) % 256);
    const pixels = Uint8Array.from(
      { length: 3072 },
      (_, i) => planes[(i % 3) * 1024 + Math.floor(i / 3)] as number,
    );
    const png = await sharp(pixels, { raw: { width: 32, height: 32, channels: 3 } })
      .png()
      .toBuffer();
    const size = { width: 224, height: 224 };
    const raw = await decode('application/x-cifar', planes, LIMITS, size);
    expect(Buffer.compare((await decode('image/png', png, LIMITS, size)).data, raw.data)).toBe(0);
  });

  it('shrinks larger images to the very size that is wanted, and leaves the enlarging of others to the embedder', async () => {
    const extents = fc.integer({ min: 1, max: 60 });
    await fc.assert(
      fc.asyncProperty(extents, extents, async (width, height) => {
        const image = await decode('image/png', await plain(width, height, RED).png().toBuffer());
        expect(image.data.length).toBe(image.width * image.height * 3);
        if (width >= 16 && height >= 16) expect(image).toMatchObject(SIZE);
        expect(image.width).toBeLessThanOrEqual(width);
        expect(image.height).toBeLessThanOrEqual(height);
      }),
      { numRuns: 40 },
    );
  });

  it('makes RGB of grey, of 16 bits and of CMYK', async () => {
    const grey = await plain(20, 20, { r: 90, g: 90, b: 90 }).toColourspace('b-w').png().toBuffer();
    expect(pixel(await decode('image/png', grey), 3, 3)).toEqual([90, 90, 90]);
    const deep = await plain(20, 20, RED).toColourspace('rgb16').png().toBuffer();
    expect(pixel(await decode('image/png', deep), 3, 3)).toEqual([255, 0, 0]);
    const cmyk = await plain(20, 20, { r: 255, g: 255, b: 255 }).toColourspace('cmyk').jpeg().toBuffer();
    expect((await decode('image/jpeg', cmyk)).data.length).toBe(16 * 16 * 3);
  });

  it('lays transparency on white', async () => {
    const clear = await plain(20, 20, { r: 0, g: 0, b: 0, alpha: 0 }, 4).png().toBuffer();
    expect(pixel(await decode('image/png', clear), 5, 5)).toEqual([255, 255, 255]);
  });

  it('turns the image as its EXIF orientation says', async () => {
    const left = await plain(10, 20, RED).png().toBuffer();
    const upright = sharp({ create: { width: 20, height: 20, channels: 3, background: 'blue' } });
    const jpeg = await upright
      .composite([{ input: left, left: 0, top: 0 }])
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const image = await decode('image/jpeg', jpeg);
    const [top, bottom] = [pixel(image, 8, 2), pixel(image, 8, 13)] as [number[], number[]];
    expect((top[0] ?? 0) > 200 && (bottom[2] ?? 0) > 200).toBe(true);
  });

  it('keeps proportions by cropping the longer side', async () => {
    const middle = await plain(20, 20, RED).png().toBuffer();
    const wide = await plain(60, 20, { r: 0, g: 0, b: 255 })
      .composite([{ input: middle, left: 20, top: 0 }])
      .png()
      .toBuffer();
    const image = await decode('image/png', wide);
    expect([pixel(image, 1, 8), pixel(image, 14, 8)].map(([r]) => (r ?? 0) > 200)).toEqual([true, true]);
  });
});

describe('what is refused', () => {
  it('an empty payload', async () => {
    await expect(decode('image/png', new Uint8Array())).rejects.toMatchObject({ code: 'empty-payload' });
  });

  it('more bytes than allowed', async () => {
    const png = await noise(64).png().toBuffer();
    await expect(decode('image/png', png, { ...LIMITS, maxBytes: 100 })).rejects.toMatchObject({
      code: 'image-too-large',
      value: `${png.length} bytes`,
    });
  });

  it('a 200-megapixel PNG, from its header', async () => {
    await expect(decode('image/png', await pngClaiming(20_000, 10_000))).rejects.toMatchObject({
      code: 'image-too-large',
      value: '20000x10000',
    });
  });

  it.each([
    ['a JPEG declared as PNG', 'image/png', () => noise(32).jpeg().toBuffer()],
    ['a PNG declared as WebP', 'image/webp', () => noise(32).png().toBuffer()],
    ['a GIF', 'image/png', () => noise(32).gif().toBuffer()],
    ['an SVG', 'image/png', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['text', 'image/jpeg', async () => Buffer.from('no image')],
  ] as const)('%s', async (_, type, make) => {
    await expect(decode(type, await make())).rejects.toMatchObject({
      code: 'unsupported-format',
      field: 'datacontenttype',
    });
  });

  it.each([
    ['JPEG', 'image/jpeg', () => noise(200).jpeg().toBuffer()],
    ['PNG', 'image/png', () => noise(200).png().toBuffer()],
    ['WebP', 'image/webp', () => noise(200).webp().toBuffer()],
  ] as const)('a truncated %s', async (_, type, make) => {
    const whole = await make();
    for (const share of [0.02, 0.5, 0.9]) {
      const cut = whole.subarray(0, Math.ceil(whole.length * share));
      await expect(decode(type, cut), `${share}`).rejects.toMatchObject({ code: 'image-corrupt' });
    }
  });

  it('a CIFAR image of another length', async () => {
    await expect(decode('application/x-cifar', new Uint8Array(3073))).rejects.toMatchObject({
      code: 'image-corrupt',
    });
  });

  it('any rubbish after a good signature, with a typed error and without a crash', async () => {
    const signatures = {
      'image/png': [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
      'image/jpeg': [0xff, 0xd8, 0xff],
      'image/webp': [...Buffer.from('RIFF\x10\x00\x00\x00WEBP')],
    } as const;
    const types = fc.constantFrom(...(Object.keys(signatures) as (keyof typeof signatures)[]));
    await fc.assert(
      fc.asyncProperty(types, fc.uint8Array({ maxLength: 300 }), async (type, rubbish) => {
        const error = await decode(type, Uint8Array.from([...signatures[type], ...rubbish])).catch(
          (e: unknown) => e,
        );
        expect(error).toBeInstanceOf(LetheError);
        expect((error as LetheError).code).toMatch(/^image-(corrupt|too-large)$/);
      }),
      { numRuns: 100 },
    );
  });
});
