import type {
  EmbeddedDataset,
  LabelledVectors,
} from '../../packages/experiments/src/embeddings/embedDataset.js';

/** Of every class, each so-many-th training vector is held out. */
const EVERY = 5;

/**
 * The training part of a data set, split anew: settings are chosen on it, so that the test part has no say in them.
 * @returns `train`: four fifths of the training vectors; `test`: the rest
 */
export function validationSplit({
  train,
  dimension,
  ...rest
}: EmbeddedDataset): Pick<EmbeddedDataset, 'train' | 'test' | 'classNames' | 'dimension'> {
  const counts = new Map<number, number>();
  const held: number[] = [];
  const kept: number[] = [];
  train.labels.forEach((label, row) => {
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    (count % EVERY === 0 ? held : kept).push(row);
  });
  const part = (rows: readonly number[]): LabelledVectors => {
    const vectors = new Float32Array(rows.length * dimension);
    rows.forEach((row, at) => {
      vectors.set(train.vectors.subarray(row * dimension, (row + 1) * dimension), at * dimension);
    });
    return { vectors, labels: Uint8Array.from(rows, (row) => train.labels[row] as number) };
  };
  return { classNames: rest.classNames, dimension, train: part(kept), test: part(held) };
}
