import type { VectorDatabase } from '../adapters/vectorDatabase.js';
import { stacked } from '../domain/vector.js';
import { LowestPlaces } from '../model/calibration/byContent.js';
import type { ClassVectors } from '../model/trainer.js';

/**
 * The vectors of each class in DB-CIL that are first by their content: the same whatever their order there, so also after they
 * were moved to DB-MU and back.
 * @param size vectors of each class at most
 */
export async function firstVectors(
  vectors: VectorDatabase,
  classes: readonly string[],
  size: number,
): Promise<ClassVectors> {
  const first = classes.map(() => new LowestPlaces(size));
  if (classes.length > 0) {
    for await (const records of vectors.scan({ database: 'cil', classes }))
      for (const { className, vector } of records) first[classes.indexOf(className)]?.offer(vector);
  }
  const kept = first.map((each) => each.vectors);
  return {
    classes,
    vectors: stacked(kept.flat(), vectors.dimension),
    labels: Int32Array.from(kept.flatMap((own, label) => own.map(() => label))),
  };
}
