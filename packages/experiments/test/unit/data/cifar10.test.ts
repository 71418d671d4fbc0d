import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CIFAR_IMAGE_BYTES } from 'lethe/internal/data/cifarImages.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCifar10 } from '../../../src/data/cifar10.js';

const BATCHES = [
  'data_batch_1',
  'data_batch_2',
  'data_batch_3',
  'data_batch_4',
  'data_batch_5',
  'test_batch',
];
const RECORD = 1 + CIFAR_IMAGE_BYTES;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-cifar-'));
  await Promise.all(
    BATCHES.map(async (batch, number) => {
      const bytes = new Uint8Array(10_000 * RECORD).fill(100 + number);
      for (let image = 0; image < 10_000; image++) bytes[image * RECORD] = image % 10;
      await writeFile(join(folder, `${batch}.bin`), bytes);
    }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe('CIFAR-10 in the layout of its official binary version', () => {
  it('is read with images and labels apart, in its order', async () => {
    const { train, test, classNames } = await loadCifar10(folder);
    expect([train.labels.length, test.labels.length, classNames.length]).toEqual([50_000, 10_000, 10]);
    expect([...train.labels.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    const image = (place: number) =>
      train.images.subarray(place * CIFAR_IMAGE_BYTES, (place + 1) * CIFAR_IMAGE_BYTES);
    expect(image(9_999).every((byte) => byte === 100)).toBe(true);
    expect(image(10_000).every((byte) => byte === 101)).toBe(true);
    expect(test.images.every((byte) => byte === 105)).toBe(true);
  });

  it('names the file that is cut off or missing', async () => {
    const file = join(folder, 'data_batch_3.bin');
    await writeFile(file, new Uint8Array(RECORD));
    await expect(loadCifar10(folder)).rejects.toMatchObject({ code: 'download-corrupt', value: file });
    await rm(file);
    await expect(loadCifar10(folder)).rejects.toMatchObject({ code: 'download-corrupt', value: file });
  });
});
