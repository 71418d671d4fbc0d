import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CIFAR_IMAGE_BYTES, type LabelledImages } from './cifarImages.js';
import { spriteOfImages } from './sprite.js';

/**
 * Writes images as files `<folder>/<class>/001.webp`, lossless, the first ones of each class.
 * @param names class names by label; images of labels without a name are left out
 * @returns how many files were written
 */
export async function writeImages(
  folder: string,
  { images, labels }: LabelledImages,
  names: readonly (string | undefined)[],
  perClass: number,
): Promise<number> {
  const written = new Map<string, number>();
  for (const [index, label] of labels.entries()) {
    const name = names[label];
    const number = (name === undefined ? perClass : (written.get(name) ?? 0)) + 1;
    if (name === undefined || number > perClass) continue;
    written.set(name, number);
    const pixels = images.subarray(index * CIFAR_IMAGE_BYTES, (index + 1) * CIFAR_IMAGE_BYTES);
    await mkdir(join(folder, name), { recursive: true });
    const file = join(folder, name, `${String(number).padStart(3, '0')}.webp`);
    await writeFile(file, await spriteOfImages(pixels, { columns: 1, rows: 1 }));
  }
  return [...written.values()].reduce((sum, count) => sum + count, 0);
}
