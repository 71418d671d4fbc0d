import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CIFAR_IMAGE_BYTES } from '../../../src/data/cifarImages.js';
import { imagesOfSprite } from '../../../src/data/sprite.js';
import { writeImages } from '../../../src/data/writeImages.js';

describe('writeImages', () => {
  it('writes the first images of the named classes, each as it is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lethe-images-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const labels = Uint8Array.of(2, 0, 1, 0, 0);
    const images = Uint8Array.from({ length: labels.length * CIFAR_IMAGE_BYTES }, (_, i) => (i * 31) % 251);

    expect(await writeImages(folder, { images, labels }, ['cat', undefined, 'dog'], 2)).toBe(3);
    expect(await readdir(folder)).toEqual(['cat', 'dog']);
    expect(await readdir(join(folder, 'cat'))).toEqual(['001.webp', '002.webp']);
    const second = await readFile(join(folder, 'cat', '002.webp'));
    const pixels = images.subarray(3 * CIFAR_IMAGE_BYTES, 4 * CIFAR_IMAGE_BYTES);
    expect(await imagesOfSprite(second, { columns: 1, rows: 1 })).toEqual(pixels);
  });
});
