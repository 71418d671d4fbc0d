import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Labelled } from '../lethe.js';
import { asInput, type VectorSet } from './vectorSet.js';

const IMAGES_HEADER = 16;
const LABELS_HEADER = 8;
const PIXELS = 28 * 28;

/** Fashion-MNIST as pixels: at most so many training and test images of each class. */
export function fashionPixels(folder: string, train: number, test: number): VectorSet {
  const read = (name: string): Buffer => gunzipSync(readFileSync(join(folder, `${name}-ubyte.gz`)));
  const part = (name: string, most: number): Labelled[] => {
    const images = read(`${name}-images-idx3`).subarray(IMAGES_HEADER);
    const seen = new Map<number, number>();
    return [...read(`${name}-labels-idx1`).subarray(LABELS_HEADER)].flatMap((label, index) => {
      const count = (seen.get(label) ?? 0) + 1;
      seen.set(label, count);
      if (count > most) return [];
      return [asInput(`article ${label}`, images.subarray(index * PIXELS, (index + 1) * PIXELS))];
    });
  };
  return {
    classNames: Array.from({ length: 10 }, (_, label) => `article ${label}`),
    train: part('train', train),
    test: part('t10k', test),
  };
}
