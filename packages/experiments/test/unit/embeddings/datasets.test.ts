import { CIFAR_IMAGE_BYTES } from 'lethe/internal/data/cifarImages.js';
import { describe, expect, it } from 'vitest';
import { type ExperimentDataset, firstOfEachClass } from '../../../src/embeddings/datasets.js';

/** Images whose bytes are all their number. */
const numbered = (labels: number[]) => ({
  images: Uint8Array.from({ length: labels.length * CIFAR_IMAGE_BYTES }, (_, at) =>
    Math.floor(at / CIFAR_IMAGE_BYTES),
  ),
  labels: Uint8Array.from(labels),
});
const ALL: ExperimentDataset = {
  name: 'few',
  title: 'Few',
  identity: 'abc',
  description: 'Few, 6 training and 3 test images',
  classNames: ['cat', 'dog'],
  train: numbered([0, 1, 0, 0, 1, 1]),
  test: numbered([1, 0, 1]),
};
const numbersOf = ({ images, labels }: ExperimentDataset['train']) =>
  Array.from(labels, (_, row) => images[row * CIFAR_IMAGE_BYTES]);

describe('a smaller run', () => {
  it('has the first images of each class, in their order', () => {
    const { train, test, classNames } = firstOfEachClass(ALL, { train: 2, test: 1 });
    expect([...train.labels]).toEqual([0, 1, 0, 1]);
    expect(numbersOf(train)).toEqual([0, 1, 2, 4]);
    expect(train.images).toHaveLength(4 * CIFAR_IMAGE_BYTES);
    expect(numbersOf(test)).toEqual([0, 1]);
    expect(classNames).toEqual(ALL.classNames);
  });

  it('says so, and shares no embeddings with another', () => {
    const few = firstOfEachClass(ALL, { train: 2, test: 1 });
    expect(few.description).toBe(
      'of Few, 6 training and 3 test images: the first 2 training and 1 test images of each class',
    );
    const others = [ALL, firstOfEachClass(ALL, { train: 3, test: 1 }), firstOfEachClass(ALL, { train: 2 })];
    for (const other of others) expect(few.identity).not.toBe(other.identity);
  });

  it('is the data set itself where nothing is limited', () => {
    expect(firstOfEachClass(ALL, {})).toBe(ALL);
    expect(numbersOf(firstOfEachClass(ALL, { train: 1 }).test)).toEqual([0, 1, 2]);
  });
});
