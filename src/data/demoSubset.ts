import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { LetheError } from '../domain/errors.js';
import { CIFAR_IMAGE_BYTES, type ImageDataset, type LabelledImages } from './cifarImages.js';
import { readJsonFile } from './jsonFile.js';
import { imagesOfSprite } from './sprite.js';

/** Images of a class in CIFAR-10 at most. */
const count = z.int().min(1).max(6000);

/** The index of the committed subset: the origin of its images, and their layout in the sprites. */
export const demoSubsetIndexSchema = z.object({
  source: z.string(),
  script: z.string(),
  seed: z.int(),
  columns: count,
  rows: count,
  /** In each sprite the training images come first, then the test images. */
  trainPerClass: count,
  testPerClass: count,
  classes: z.array(
    z.object({
      name: z.string(),
      file: z.string(),
      sha256: z.string(),
      /** Places of the images in the original training and test sets. */
      trainIndices: z.array(z.int()),
      testIndices: z.array(z.int()),
    }),
  ),
});
export type DemoSubsetIndex = z.infer<typeof demoSubsetIndexSchema>;

const COMMITTED = fileURLToPath(new URL('../../assets/cifar10-subset', import.meta.url));

/**
 * The bundled, seeded part of CIFAR-10: 200 training and 50 test images per class, ordered by class.
 * @throws LetheError `download-corrupt` if a sprite differs from the committed one
 */
export async function loadDemoSubset(folder: string = COMMITTED): Promise<ImageDataset> {
  const index = await readJsonFile(join(folder, 'index.json'), demoSubsetIndexSchema);
  const sprites = await Promise.all(
    index.classes.map(async ({ file, sha256 }) => {
      const encoded = await readFile(join(folder, file)).catch((cause: unknown) => {
        throw altered(file, 'is unreadable', cause);
      });
      refuseAltered(file, encoded, sha256);
      return imagesOfSprite(encoded, index);
    }),
  );
  const part = (from: number, perClass: number): LabelledImages => ({
    images: Buffer.concat(
      sprites.map((images) =>
        images.subarray(from * CIFAR_IMAGE_BYTES, (from + perClass) * CIFAR_IMAGE_BYTES),
      ),
    ),
    labels: Uint8Array.from({ length: sprites.length * perClass }, (_, image) =>
      Math.floor(image / perClass),
    ),
  });
  return {
    train: part(0, index.trainPerClass),
    test: part(index.trainPerClass, index.testPerClass),
    classNames: index.classes.map(({ name }) => name),
  };
}

function refuseAltered(file: string, bytes: Uint8Array, sha256: string): void {
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return;
  throw altered(file, 'was altered');
}

function altered(file: string, what: string, cause?: unknown): LetheError {
  return new LetheError('download-corrupt', `${file} of the demo's images ${what}`, {
    field: 'file',
    value: file,
    remedy: 'Check it out again from the repository.',
    cause,
  });
}
