import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CIFAR_IMAGE_BYTES,
  type ImageDataset,
  type LabelledImages,
} from 'lethe/internal/data/cifarImages.js';
import { readJsonFile } from 'lethe/internal/data/jsonFile.js';
import { imagesOfSprite } from 'lethe/internal/data/sprite.js';
import { LetheError } from 'lethe/internal/domain/errors.js';
import { z } from 'zod';
import { contentDigest } from './contentDigest.js';

/** CIFAR-100, and how it was split into training and test images. */
export interface Cifar100 extends ImageDataset {
  /** `published`: as in the binary version. `sprites`: the first images of each sprite train, the last test. */
  readonly split: 'published' | 'sprites';
}

const SPRITE_INDEX = 'index.json';
const BINARY_FILES = { train: 'train.bin', test: 'test.bin', names: 'fine_label_names.txt' } as const;
const CLASSES = 100;
const LABEL_BYTES = 2;
const RECORD_BYTES = LABEL_BYTES + CIFAR_IMAGE_BYTES;
/**
 * {@link contentDigest} of all 60,000 images with their fine labels. It does not depend on their order, so it holds
 * for the binary version whoever packed it.
 */
const ALL_IMAGES_SHA256 = 'cd92243d4499f41137ccc575a8570220722776a0f4662baefc5517174b1621b6';

const IMAGES_OF_CLASS = 600;
const side = z.int().min(1).max(IMAGES_OF_CLASS);
const spriteIndexSchema = z.object({
  grid: z.tuple([side, side]),
  train: z.int().min(1),
  test: z.int().min(1),
  classes: z
    .array(z.object({ id: z.int(), name: z.string(), file: z.string(), sha256: z.string() }))
    .min(1)
    .max(CLASSES),
});

/**
 * Reads CIFAR-100 from a user's folder: the binary version (`train.bin`, `test.bin`, `fine_label_names.txt`), or one
 * lossless sprite a class with an `index.json`. The published split is not known of sprites: of each, the first images
 * train and the last ones test, as the index says.
 * @throws LetheError `invalid-message` where neither lies there, `download-corrupt` where a checksum does not hold
 */
export async function loadCifar100(folder: string): Promise<Cifar100> {
  if (await isFile(join(folder, SPRITE_INDEX))) return loadSprites(folder);
  if (await isFile(join(folder, BINARY_FILES.train))) return loadBinary(folder);
  throw new LetheError('invalid-message', `${folder} does not contain CIFAR-100`, {
    field: 'data',
    value: folder,
    remedy: `Give the folder of the binary version (${Object.values(BINARY_FILES).join(', ')}), or a folder of sprites with ${SPRITE_INDEX}.`,
  });
}

async function loadBinary(folder: string): Promise<Cifar100> {
  const [trainBytes, testBytes, names] = await Promise.all([
    readPart(folder, BINARY_FILES.train),
    readPart(folder, BINARY_FILES.test),
    readPart(folder, BINARY_FILES.names),
  ]);
  const train = imagesOfRecords(trainBytes, join(folder, BINARY_FILES.train));
  const test = imagesOfRecords(testBytes, join(folder, BINARY_FILES.test));
  const found = contentDigest([train, test]);
  if (found !== ALL_IMAGES_SHA256) throw damaged(folder, `the digest of its images is ${found}`);
  const classNames = names.toString('utf8').split('\n').filter(Boolean);
  if (classNames.length !== CLASSES)
    throw damaged(join(folder, BINARY_FILES.names), `it has ${classNames.length} names`);
  return { train, test, classNames, split: 'published' };
}

/** Records of a coarse label, a fine label and three planes; the fine label is kept. */
export function imagesOfRecords(bytes: Uint8Array, file: string): LabelledImages {
  const count = bytes.length / RECORD_BYTES;
  if (!Number.isInteger(count) || count === 0)
    throw damaged(file, `its ${bytes.length} bytes are no records of ${RECORD_BYTES}`);
  const images = new Uint8Array(count * CIFAR_IMAGE_BYTES);
  const labels = new Uint8Array(count);
  for (let image = 0; image < count; image++) {
    const at = image * RECORD_BYTES;
    labels[image] = bytes[at + 1] as number;
    images.set(bytes.subarray(at + LABEL_BYTES, at + RECORD_BYTES), image * CIFAR_IMAGE_BYTES);
  }
  return { images, labels };
}

async function loadSprites(folder: string): Promise<Cifar100> {
  const file = join(folder, SPRITE_INDEX);
  const index = await readJsonFile(file, spriteIndexSchema);
  const [columns, rows] = index.grid;
  if (columns * rows > IMAGES_OF_CLASS)
    throw damaged(file, `its grid holds more than the ${IMAGES_OF_CLASS} images of a class`);
  if (index.train + index.test > columns * rows)
    throw damaged(file, `${index.train} + ${index.test} images are more than its grid holds`);
  const train = emptyPart(index.classes.length, index.train);
  const test = emptyPart(index.classes.length, index.test);
  for (const [label, { file: sprite, sha256 }] of index.classes.entries()) {
    const encoded = await readPart(folder, sprite);
    const found = createHash('sha256').update(encoded).digest('hex');
    if (found !== sha256) throw damaged(join(folder, sprite), `its SHA-256 is ${found}`);
    const images = await imagesOfSprite(encoded, { columns, rows });
    const firstTest = images.length / CIFAR_IMAGE_BYTES - index.test;
    fill(train, label, index.train, images, 0);
    fill(test, label, index.test, images, firstTest);
  }
  return { train, test, classNames: index.classes.map(({ name }) => name), split: 'sprites' };
}

function emptyPart(classes: number, perClass: number): LabelledImages {
  return {
    images: new Uint8Array(classes * perClass * CIFAR_IMAGE_BYTES),
    labels: new Uint8Array(classes * perClass),
  };
}

/** Puts `perClass` images of one class, from number `from` on, in their place; images are ordered by class. */
function fill(part: LabelledImages, label: number, perClass: number, images: Uint8Array, from: number): void {
  const chosen = images.subarray(from * CIFAR_IMAGE_BYTES, (from + perClass) * CIFAR_IMAGE_BYTES);
  part.images.set(chosen, label * perClass * CIFAR_IMAGE_BYTES);
  part.labels.fill(label, label * perClass, (label + 1) * perClass);
}

async function readPart(folder: string, name: string): Promise<Buffer> {
  const file = join(folder, name);
  return readFile(file).catch((cause: unknown) => {
    throw damaged(file, 'it can not be read', cause);
  });
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function damaged(file: string, message: string, cause?: unknown): LetheError {
  return new LetheError('download-corrupt', `CIFAR-100 is damaged: ${file}: ${message}`, {
    field: 'data',
    value: file,
    remedy: 'Unpack the data set again from its original archive.',
    cause,
  });
}
