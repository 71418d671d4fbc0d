import type { VectorRecord } from 'lethe/internal/adapters/vectorDatabase.js';
import { normalised, rowOf } from 'lethe/internal/domain/vector.js';
import type { EmbeddedDataset, LabelledVectors } from '../embeddings/embedDataset.js';
import type { Protocol } from '../protocol.js';
import type { ClassKnowledge } from './knowledge.js';
import type { TestSet } from './testSet.js';

/** What a Lethe would know after it had learned every task of the protocol from the data set's training vectors. */
export function datasetKnowledge(
  { train, classNames, dimension }: Pick<EmbeddedDataset, 'train' | 'classNames' | 'dimension'>,
  protocol: Protocol,
): Map<string, ClassKnowledge> {
  const knowledge = new Map<string, ClassKnowledge>();
  for (const { kind, name: task, classes } of protocol) {
    if (kind !== 'learn') continue;
    for (const name of classes) {
      const rows = rowsOfClass(train, classNames.indexOf(name));
      const vectors = rows.map(
        (row): VectorRecord => ({
          id: `train-${row}`,
          className: name,
          task,
          vector: rowOf(train.vectors, row, dimension),
        }),
      );
      const centroid = centroidOf(vectors, dimension);
      knowledge.set(name, {
        record: { name, state: 'learned', task, count: rows.length, centroid },
        vectors,
      });
    }
  }
  return knowledge;
}

/**
 * Test vectors of the protocol's classes.
 * @param perClass of each class at most: the first ones of the data set
 */
export function datasetTest(
  { test, classNames, dimension }: Pick<EmbeddedDataset, 'test' | 'classNames' | 'dimension'>,
  protocol: Protocol,
  perClass = Number.POSITIVE_INFINITY,
): TestSet {
  const names = protocol.flatMap(({ kind, classes }) => (kind === 'learn' ? classes : []));
  const chosen = names.flatMap((name) =>
    rowsOfClass(test, classNames.indexOf(name), perClass).map((row) => ({ name, row })),
  );
  return {
    ids: chosen.map(({ row }) => `test-${row}`),
    vectors: chosen.map(({ row }) => rowOf(test.vectors, row, dimension)),
    truths: chosen.map(({ name }) => name),
  };
}

/** Numbers of the first rows with this label. */
export function rowsOfClass(
  { labels }: Pick<LabelledVectors, 'labels'>,
  label: number,
  most = Number.POSITIVE_INFINITY,
): number[] {
  const rows: number[] = [];
  for (let row = 0; row < labels.length && rows.length < most; row++) {
    if (labels[row] === label) rows.push(row);
  }
  return rows;
}

/** mu_c of Eq. 8-9: the mean of the unit vectors, as a unit vector. */
function centroidOf(vectors: readonly VectorRecord[], dimension: number): Float32Array {
  const sum = new Float32Array(dimension);
  for (const { vector } of vectors) {
    for (let i = 0; i < dimension; i++) sum[i] = (sum[i] as number) + (vector[i] as number);
  }
  return normalised(sum);
}
