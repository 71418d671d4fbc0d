import { LetheError } from '../domain/errors.js';
import { CIFAR_IMAGE_BYTES } from './cifarImages.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;
/** As many as CIFAR-10 has of a class. */
const MOST_IMAGES = 6000;

/** Many 32x32 images side by side in one picture, row by row. */
export interface SpriteGrid {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Cuts a sprite into its images.
 * @param encoded a lossless picture of 32 * columns by 32 * rows pixels
 * @returns columns * rows images, each as its red, green and blue planes: shape [n, 3, 32, 32]
 * @throws LetheError `download-corrupt` if the picture has another size
 */
export async function imagesOfSprite(encoded: Uint8Array, grid: SpriteGrid): Promise<Uint8Array> {
  if (grid.columns * grid.rows > MOST_IMAGES) {
    throw new LetheError(
      'download-corrupt',
      `a sprite of ${grid.columns} x ${grid.rows} images is too large`,
      {
        field: 'sprite',
        value: `${grid.columns}x${grid.rows}`,
        remedy: `Put at most ${MOST_IMAGES} images into a sprite.`,
      },
    );
  }
  const { data, info } = await pixelsOf(encoded, grid);
  if (info.width !== grid.columns * SIDE || info.height !== grid.rows * SIDE || info.channels !== 3) {
    throw new LetheError('download-corrupt', `the sprite has ${info.width} x ${info.height} pixels`, {
      field: 'sprite',
      value: `${info.width}x${info.height}`,
      remedy: `It must have ${grid.columns} x ${grid.rows} images of 32 x 32 pixels. Download the data again.`,
    });
  }
  const images = new Uint8Array(grid.columns * grid.rows * CIFAR_IMAGE_BYTES);
  eachPixel(grid, (inSprite, inImages) => {
    for (let channel = 0; channel < 3; channel++) {
      images[inImages + channel * PLANE] = data[inSprite * 3 + channel] as number;
    }
  });
  return images;
}

async function pixelsOf(encoded: Uint8Array, { columns, rows }: SpriteGrid) {
  const { default: sharp } = await import('sharp');
  try {
    return await sharp(encoded, { limitInputPixels: columns * rows * PLANE })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
  } catch (cause) {
    throw new LetheError('download-corrupt', `the sprite is not a picture of ${columns} x ${rows} images`, {
      field: 'sprite',
      value: `${encoded.length} bytes`,
      remedy: 'Download the data again.',
      cause,
    });
  }
}

/**
 * Lays images side by side as lossless WebP.
 * @param images shape [columns * rows, 3, 32, 32]
 */
export async function spriteOfImages(images: Uint8Array, grid: SpriteGrid): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  const pixels = new Uint8Array(images.length);
  eachPixel(grid, (inSprite, inImages) => {
    for (let channel = 0; channel < 3; channel++) {
      pixels[inSprite * 3 + channel] = images[inImages + channel * PLANE] as number;
    }
  });
  return sharp(pixels, { raw: { width: grid.columns * SIDE, height: grid.rows * SIDE, channels: 3 } })
    .webp({ lossless: true, effort: 6 })
    .toBuffer();
}

/** Visits every pixel with its place in the sprite (in pixels) and in the images (of its red byte). */
function eachPixel(grid: SpriteGrid, visit: (inSprite: number, inImages: number) => void): void {
  for (let image = 0; image < grid.columns * grid.rows; image++) {
    const left = (image % grid.columns) * SIDE;
    const top = Math.floor(image / grid.columns) * SIDE;
    for (let p = 0; p < PLANE; p++) {
      const inSprite = (top + Math.floor(p / SIDE)) * grid.columns * SIDE + left + (p % SIDE);
      visit(inSprite, image * CIFAR_IMAGE_BYTES + p);
    }
  }
}
