import type { DatabaseName, VectorDatabase } from '../adapters/vectorDatabase.js';
import type { ClassVectors } from '../model/trainer.js';

/** All vectors of these classes, labelled by the classes' places in the list. */
export async function gatherVectors(
  vectors: VectorDatabase,
  database: DatabaseName,
  classes: readonly string[],
): Promise<ClassVectors> {
  const count = await vectors.count({ database, classes });
  const { dimension } = vectors;
  const gathered = new Float32Array(count * dimension);
  const labels = new Int32Array(count);
  let row = 0;
  for await (const records of vectors.scan({ database, classes })) {
    for (const { vector, className } of records) {
      if (row === count) break;
      gathered.set(vector, row * dimension);
      labels[row++] = classes.indexOf(className);
    }
  }
  return { classes, vectors: gathered.subarray(0, row * dimension), labels: labels.subarray(0, row) };
}

/** The classes with vectors, labelled again, and the names of the others. */
export function withVectors({ classes, vectors, labels }: ClassVectors): {
  readonly gathered: ClassVectors;
  readonly without: readonly string[];
} {
  const present = new Set(labels);
  const kept = classes.filter((_, index) => present.has(index));
  const places = classes.map((name) => kept.indexOf(name));
  return {
    gathered: { classes: kept, vectors, labels: labels.map((label) => places[label] ?? label) },
    without: classes.filter((_, index) => !present.has(index)),
  };
}
