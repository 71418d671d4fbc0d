import sharp from 'sharp';
import { LetheError } from '../../domain/errors.js';
import type { RgbImage } from '../../domain/image.js';
import { formatOf } from '../../domain/imageFormat.js';
import type { ImagePayload, ImageType } from '../../domain/messages/payload.js';
import type { ImageSize } from './enlarge.js';
import { RESIZING } from './resizing.js';

/** What an image may cost; beyond it, the image is refused from its header, before any pixel is decoded. */
export interface ImageLimits {
  /** Size of the encoded image, in bytes. */
  readonly maxBytes: number;
  /** Width times height of the decoded image. */
  readonly maxPixels: number;
}

/** Large enough for the photographs of today's telephones, small enough for a stream. */
export const DEFAULT_IMAGE_LIMITS: ImageLimits = { maxBytes: 20 * 1024 * 1024, maxPixels: 50_000_000 };

const CIFAR_SIDE = 32;
const CIFAR_PLANE = CIFAR_SIDE * CIFAR_SIDE;

// No image comes twice through here, so libvips' cache of operations would only hold memory.
sharp.cache(false);

/**
 * Decodes an image, off the event loop (libvips on the threads of libuv), and shrinks a larger one to `size`. A smaller
 * one keeps its size: the embedder enlarges it in its own thread.
 *
 * The longer side is cropped centrally to the wanted proportions, EXIF orientation is applied, transparency is
 * laid on white, grey and CMYK become RGB, and of an animation the first frame counts.
 * @throws LetheError `empty-payload`, `unsupported-format` (the content is not what its type says),
 *   `image-too-large` (bytes, or pixels by its header) or `image-corrupt`
 */
export async function decodeImage(
  payload: ImagePayload,
  size: ImageSize,
  limits: ImageLimits,
): Promise<RgbImage> {
  const { bytes, contentType } = payload;
  refuseBySize(bytes, limits);
  if (contentType === 'application/x-cifar') return cifarImage(bytes);
  refuseByFormat(bytes, contentType);
  try {
    return await decodedAtMost(bytes, size, limits);
  } catch (error) {
    throw await reasonOf(error, bytes, limits);
  }
}

function refuseBySize(bytes: Uint8Array, limits: ImageLimits): void {
  if (bytes.length === 0) {
    throw new LetheError('empty-payload', 'the message has no image: its value is empty', {
      field: 'payload',
      value: '0 bytes',
      remedy: 'Send the bytes of the image as the value of the message.',
    });
  }
  if (bytes.length > limits.maxBytes) {
    throw new LetheError('image-too-large', `the image has ${bytes.length} bytes`, {
      field: 'payload',
      value: `${bytes.length} bytes`,
      remedy: `Send at most ${limits.maxBytes} bytes, or raise limits.imageBytes.`,
    });
  }
}

function refuseByFormat(bytes: Uint8Array, declared: ImageType): void {
  const found = formatOf(bytes);
  if (found === declared) return;
  throw new LetheError('unsupported-format', `the content is ${found ?? 'not a known image format'}`, {
    field: 'datacontenttype',
    value: declared,
    remedy: 'Send PNG, JPEG or WebP and declare the type that the bytes really have.',
  });
}

function cifarImage(bytes: Uint8Array): RgbImage {
  if (bytes.length !== 3 * CIFAR_PLANE) {
    throw new LetheError('image-corrupt', `a CIFAR image has ${3 * CIFAR_PLANE} bytes, not ${bytes.length}`, {
      field: 'payload',
      value: `${bytes.length} bytes`,
      remedy: 'Send the 32x32 red, green and blue planes one after the other, without the label byte.',
    });
  }
  const data = new Uint8Array(3 * CIFAR_PLANE);
  for (let p = 0; p < CIFAR_PLANE; p++) {
    data[3 * p] = bytes[p] as number;
    data[3 * p + 1] = bytes[CIFAR_PLANE + p] as number;
    data[3 * p + 2] = bytes[2 * CIFAR_PLANE + p] as number;
  }
  return { width: CIFAR_SIDE, height: CIFAR_SIDE, data };
}

/** The image, shrunk and cropped to `size` where it is larger. */
async function decodedAtMost(
  bytes: Uint8Array,
  { width, height }: ImageSize,
  limits: ImageLimits,
): Promise<RgbImage> {
  const { data, info } = await sharp(bytes, {
    failOn: 'error',
    limitInputPixels: limits.maxPixels,
    autoOrient: true,
  })
    .resize(width, height, { fit: RESIZING.fit, kernel: RESIZING.shrinking, withoutEnlargement: true })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** Tells a bomb from a broken file by the header alone, which only refused images are asked for. */
async function reasonOf(error: unknown, bytes: Uint8Array, limits: ImageLimits): Promise<LetheError> {
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  if (header !== undefined && header.width * header.height > limits.maxPixels) {
    return new LetheError('image-too-large', `the image has ${header.width} x ${header.height} pixels`, {
      field: 'payload',
      value: `${header.width}x${header.height}`,
      remedy: `Send at most ${limits.maxPixels} pixels, or raise limits.imagePixels.`,
    });
  }
  const detail = error instanceof Error ? error.message : String(error);
  return new LetheError('image-corrupt', `the image can't be decoded: ${detail.split('\n')[0] ?? ''}`, {
    field: 'payload',
    value: `${bytes.length} bytes`,
    remedy: 'Check that the file is complete: it may have been cut off or changed on its way.',
    cause: error,
  });
}
