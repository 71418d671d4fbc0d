import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CIFAR_IMAGE_BYTES } from 'lethe/internal/data/cifarImages.js';
import { spriteOfImages } from 'lethe/internal/data/sprite.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imagesOfRecords, loadCifar100 } from '../../../src/data/cifar100.js';
import { contentDigest } from '../../../src/data/contentDigest.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-cifar100-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Images of one grey each. */
function greys(...values: number[]): Uint8Array {
  const images = new Uint8Array(values.length * CIFAR_IMAGE_BYTES);
  values.forEach((value, at) => {
    images.fill(value, at * CIFAR_IMAGE_BYTES, (at + 1) * CIFAR_IMAGE_BYTES);
  });
  return images;
}

/** Two classes with 3 + 2 of 6 images; the fourth is used by neither part. */
async function writeSprites(): Promise<void> {
  const classes = await Promise.all(
    ['apple', 'bee'].map(async (name, id) => {
      const from = 100 * id;
      const bytes = await spriteOfImages(greys(from, from + 1, from + 2, from + 3, from + 4, from + 5), {
        columns: 3,
        rows: 2,
      });
      await writeFile(join(folder, `${name}.webp`), bytes);
      return { id, name, file: `${name}.webp`, sha256: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
  await writeFile(join(folder, 'index.json'), JSON.stringify({ grid: [3, 2], train: 3, test: 2, classes }));
}

describe('CIFAR-100 as sprites', () => {
  it('trains on the first images of each sprite and tests on the last', async () => {
    await writeSprites();
    const { train, test, classNames, split } = await loadCifar100(folder);
    expect({ classNames, split }).toEqual({ classNames: ['apple', 'bee'], split: 'sprites' });
    expect([...train.labels]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(train.images).toEqual(greys(0, 1, 2, 100, 101, 102));
    expect([...test.labels]).toEqual([0, 0, 1, 1]);
    expect(test.images).toEqual(greys(4, 5, 104, 105));
  });

  it('refuses a sprite that was altered, and names it', async () => {
    await writeSprites();
    await writeFile(join(folder, 'bee.webp'), 'another picture');
    await expect(loadCifar100(folder)).rejects.toMatchObject({
      code: 'download-corrupt',
      value: join(folder, 'bee.webp'),
    });
  });
});

describe('CIFAR-100 in its binary version', () => {
  const record = (fine: number, grey: number) => [7, fine, ...greys(grey)];

  it('has a coarse and a fine label before each image; the fine one counts', () => {
    const { images, labels } = imagesOfRecords(Uint8Array.from([...record(3, 9), ...record(99, 8)]), 'f');
    expect([...labels]).toEqual([3, 99]);
    expect(images).toEqual(greys(9, 8));
  });

  it('is refused where it is not all of CIFAR-100, or cut off', async () => {
    await writeFile(join(folder, 'train.bin'), Uint8Array.from(record(3, 9)));
    await writeFile(join(folder, 'test.bin'), Uint8Array.from(record(3, 8)));
    await writeFile(join(folder, 'fine_label_names.txt'), 'apple\n');
    await expect(loadCifar100(folder)).rejects.toMatchObject({
      code: 'download-corrupt',
      message: expect.stringContaining('digest'),
    });
    await writeFile(join(folder, 'test.bin'), Uint8Array.from(record(3, 8).slice(1)));
    await expect(loadCifar100(folder)).rejects.toMatchObject({ value: join(folder, 'test.bin') });
  });

  it('is known by its content, whatever its order', () => {
    const of = (labels: number[], values: number[]) => ({
      images: greys(...values),
      labels: Uint8Array.from(labels),
    });
    const digest = contentDigest([of([1, 2], [10, 20]), of([3], [30])]);
    expect(contentDigest([of([3], [30]), of([2, 1], [20, 10])])).toBe(digest);
    expect(contentDigest([of([2, 1], [10, 20]), of([3], [30])])).not.toBe(digest);
  });

  it('is asked for by name where a folder has nothing of it', async () => {
    await expect(loadCifar100(folder)).rejects.toMatchObject({ code: 'invalid-message', value: folder });
  });
});
