import { type AnalyticConfig, analyticConfigSchema } from '../../../../src/model/analytic/config.js';
import { normals, randomOf } from '../../../../src/model/ssre/random.js';
import type { ClassVectors } from '../../../../src/model/trainer.js';

/** Without a projection, unless it is asked for. */
export function config(over: Partial<AnalyticConfig> = {}): AnalyticConfig {
  return analyticConfigSchema.parse({ projection: 0, ...over });
}

/** `each` unit vectors of every class, drawn around a direction of its own; a class is always given the same ones. */
export function classVectors(names: readonly string[], each: number, dimension: number): ClassVectors {
  const vectors = new Float32Array(names.length * each * dimension);
  const labels = new Int32Array(names.length * each);
  names.forEach((name, label) => {
    const seed = [...name].reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), 7);
    const random = randomOf(seed, each, dimension);
    const centre = normals(dimension, 1, random);
    for (let row = label * each; row < (label + 1) * each; row++) {
      const vector = normals(dimension, 0.5, random).map((value, i) => value + (centre[i] as number));
      const length = Math.hypot(...vector);
      vectors.set(
        vector.map((value) => value / length),
        row * dimension,
      );
      labels[row] = label;
    }
  });
  return { classes: names, vectors, labels };
}

/** Vectors of classes of unlike sizes: the first has so many, each next one two more. */
export function unevenClasses(names: readonly string[], first: number, dimension: number): ClassVectors {
  const parts = names.map((name, index) => classVectors([name], first + 2 * index, dimension));
  return {
    classes: names,
    vectors: Float32Array.from(parts.flatMap(({ vectors }) => [...vectors])),
    labels: Int32Array.from(parts.flatMap(({ labels }, index) => [...labels].map(() => index))),
  };
}

/**
 * Weighted ridge regression on 0/1 targets, by elimination.
 * @param rows features of each vector, its class, and how much it counts
 * @returns a row of weights for each class
 */
export function eliminatedHead(
  rows: readonly { readonly features: readonly number[]; readonly label: number; readonly weight: number }[],
  classes: number,
  lambda: number,
): number[][] {
  const axes = [...(rows[0]?.features ?? []).keys()];
  const sum = (of: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((total, row) => total + row.weight * of(row), 0);
  const gram = axes.map((i) =>
    axes.map((j) => sum(({ features }) => (features[i] ?? 0) * (features[j] ?? 0)) + (i === j ? lambda : 0)),
  );
  const columns = [...Array(classes).keys()];
  const targets = axes.map((i) =>
    columns.map((c) => sum(({ features, label }) => (label === c ? (features[i] ?? 0) : 0))),
  );
  const solution = eliminated(gram, targets);
  return columns.map((c) => axes.map((i) => solution[i]?.[c] ?? Number.NaN));
}

/** The same vectors in another order, rows first shuffled, then classes counted anew. */
export function reordered({ classes, vectors, labels }: ClassVectors, dimension: number): ClassVectors {
  const names = classes.toReversed();
  const order = [...labels.keys()].toReversed();
  return {
    classes: names,
    vectors: Float32Array.from(
      order.flatMap((row) => [...vectors.subarray(row * dimension, (row + 1) * dimension)]),
    ),
    labels: Int32Array.from(order, (row) => names.indexOf(classes[labels[row] as number] as string)),
  };
}

/** Solves A X = B by Gaussian elimination with pivots: slow, and nothing of it is shared with what is tested. */
export function eliminated(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] {
  const rows = a.map((row, index) => [...row, ...(b[index] ?? [])]);
  const n = a.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column; row < n; row++) {
      if (Math.abs(rows[row]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot] as number[], rows[column] as number[]];
    const top = rows[column] as number[];
    rows.forEach((row, index) => {
      if (index === column) return;
      const factor = (row[column] as number) / (top[column] as number);
      for (let at = column; at < row.length; at++)
        row[at] = (row[at] as number) - factor * (top[at] as number);
    });
  }
  return rows.map((row, index) => row.slice(n).map((value) => value / (row[index] as number)));
}

/** The largest difference in relation to the largest number. */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [difference, largest] = [0, Number.MIN_VALUE];
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs((a[i] ?? 0) - (b[i] ?? 0)));
    largest = Math.max(largest, Math.abs(b[i] ?? 0));
  }
  return difference / largest;
}
