import fc from 'fast-check';
import sharp from 'sharp';
import { imagesOfSprite, spriteOfImages } from '../../../src/data/sprite.js';
import { formatOf } from '../../../src/domain/imageFormat.js';
import { decodeImage } from '../../../src/model/embedder/decodeImage.js';
import { blankPng } from '../../support/images.js';
import { type FuzzTarget, fuzzTarget } from '../fuzzTarget.js';
import { mutated } from '../mutations.js';

const LIMITS = { maxBytes: 1_000_000, maxPixels: 1_000_000 };
const SIZE = { width: 16, height: 16 };

/** Real files of every format and form that is read: baseline, progressive, grey, CMYK, alpha, animated, with EXIF. */
async function files(): Promise<Buffer[]> {
  const side = 24;
  const pixels = (channels: 3 | 4) =>
    sharp(
      Uint8Array.from({ length: side * side * channels }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24),
      { raw: { width: side, height: side, channels } },
    );
  return Promise.all([
    pixels(3).jpeg().toBuffer(),
    pixels(3).jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
    pixels(3).greyscale().jpeg().toBuffer(),
    pixels(3).toColourspace('cmyk').jpeg().toBuffer(),
    pixels(4).png().toBuffer(),
    pixels(3).png({ palette: true, colours: 16 }).toBuffer(),
    pixels(3).toColourspace('rgb16').png({ progressive: true }).withMetadata().toBuffer(),
    pixels(4).webp().toBuffer(),
    pixels(3).webp({ lossless: true }).withMetadata({ orientation: 3 }).toBuffer(),
    Promise.resolve(blankPng(60_000, 60_000 / 50)),
  ]);
}

/** Images as they come from outside: what the limits let through is decoded by libvips. */
export async function imageTargets(): Promise<FuzzTarget[]> {
  const sprite = await spriteOfImages(new Uint8Array(6 * 3072).fill(77), { columns: 3, rows: 2 });
  const declared = fc.constantFrom(undefined, undefined, undefined, 'application/x-cifar' as const);
  return [
    fuzzTarget('image', 2, fc.tuple(mutated(await files()), declared), ([bytes, type]) =>
      decodeImage(
        { kind: 'image', contentType: type ?? formatOf(bytes) ?? 'image/png', bytes },
        SIZE,
        LIMITS,
      ),
    ),
    fuzzTarget('data set: sprite', 0.5, mutated([sprite]), (bytes) =>
      imagesOfSprite(bytes, { columns: 3, rows: 2 }),
    ),
  ];
}
