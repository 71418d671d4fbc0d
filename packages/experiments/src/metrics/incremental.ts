import { mean } from 'lethe/internal/verification/mean.js';

/**
 * Accuracy on each task after each task: `matrix[t][i]` is a_{t,i}, the accuracy on the classes of task i after
 * task t was learned, 0 <= i <= t. Row t has t + 1 entries. Leave unlearned classes out of the accuracies, or
 * their deletion counts as forgetting.
 */
export type AccuracyMatrix = readonly (readonly number[])[];

/**
 * Average incremental accuracy: the mean over tasks of A_t, the accuracy on all classes learned so far.
 * @param overall A_t for t = 1..T; at least one
 */
export function averageIncrementalAccuracy(overall: readonly number[]): number {
  return mean(overall);
}

/**
 * Forgetting after the last task T (Chaudhry et al. 2018): the mean over tasks j < T of
 * F_j = max_{j <= l < T} a_{l,j} - a_{T,j}. The last task is no candidate of the maximum, so the value may be
 * negative: a task that got better. Null with fewer than two tasks.
 * @throws RangeError where row t lacks its t + 1 entries
 */
export function forgetting(matrix: AccuracyMatrix): number | null {
  const last = checkedLastRow(matrix);
  if (matrix.length < 2) return null;
  return mean(
    matrix.slice(0, -1).map((_, task) => {
      const earlier = matrix.slice(task, -1).map((row) => row[task] as number);
      return Math.max(...earlier) - (last[task] as number);
    }),
  );
}

/**
 * Backward transfer (GEM): the mean over tasks j < T of a_{T,j} - a_{j,j}. Negative where tasks were forgotten.
 * Null with fewer than two tasks.
 * @throws RangeError where row t lacks its t + 1 entries
 */
export function backwardTransfer(matrix: AccuracyMatrix): number | null {
  const last = checkedLastRow(matrix);
  if (matrix.length < 2) return null;
  return mean(matrix.slice(0, -1).map((row, task) => (last[task] as number) - (row[task] as number)));
}

function checkedLastRow(matrix: AccuracyMatrix): readonly number[] {
  matrix.forEach((row, task) => {
    if (row.length !== task + 1)
      throw new RangeError(`row ${task} of the accuracy matrix has ${row.length} entries, not ${task + 1}`);
  });
  return matrix.at(-1) ?? [];
}
