import type {
  EmbeddedDataset,
  LabelledVectors,
} from '../../packages/experiments/src/embeddings/embedDataset.js';
import { rowOf } from '../../src/domain/vector.js';

/** A part of an embedded data set as inputs for Lethe. */
export function labelled(
  { vectors, labels }: LabelledVectors,
  { classNames, dimension }: Pick<EmbeddedDataset, 'classNames' | 'dimension'>,
) {
  return Array.from(labels, (label, row) => ({
    label: classNames[label] as string,
    payload: { kind: 'vector' as const, vector: rowOf(vectors, row, dimension) },
  }));
}
