import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { CIFAR_IMAGE_BYTES, CIFAR10_CLASSES } from '../../../src/data/cifarImages.js';
import { loadDemoSubset } from '../../../src/data/demoSubset.js';

const committed = fileURLToPath(new URL('../../../assets/cifar10-subset', import.meta.url));
const temporary: string[] = [];
afterEach(() => Promise.all(temporary.splice(0).map((folder) => rm(folder, { recursive: true }))));

describe('the committed part of CIFAR-10', () => {
  it('has 200 training and 50 test images of every class, ordered by class', async () => {
    const { train, test, classNames } = await loadDemoSubset();
    expect(classNames).toEqual(CIFAR10_CLASSES);
    expect(train.images.length).toBe(2000 * CIFAR_IMAGE_BYTES);
    expect(test.images.length).toBe(500 * CIFAR_IMAGE_BYTES);
    expect([...train.labels]).toEqual(Array.from({ length: 2000 }, (_, i) => Math.floor(i / 200)));
    expect([...test.labels]).toEqual(Array.from({ length: 500 }, (_, i) => Math.floor(i / 50)));
  });

  it('shares no image between training and test', async () => {
    const { train, test } = await loadDemoSubset();
    const keys = ({ images }: { images: Uint8Array }, count: number): string[] =>
      Array.from({ length: count }, (_, i) =>
        Buffer.from(images.subarray(i * CIFAR_IMAGE_BYTES, (i + 1) * CIFAR_IMAGE_BYTES)).toString('base64'),
      );
    const trained = new Set(keys(train, 2000));
    expect(trained.size).toBe(2000);
    expect(keys(test, 500).filter((key) => trained.has(key))).toEqual([]);
  });

  it('is refused where a sprite was altered', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lethe-subset-'));
    temporary.push(folder);
    await cp(committed, folder, { recursive: true });
    const sprite = await readFile(join(folder, 'cat.webp'));
    sprite[100] = (sprite[100] ?? 0) ^ 1;
    await writeFile(join(folder, 'cat.webp'), sprite);
    await expect(loadDemoSubset(folder)).rejects.toMatchObject({
      code: 'download-corrupt',
      value: 'cat.webp',
    });
  });
});
