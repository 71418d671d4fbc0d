import type { VectorDatabase } from '../adapters/vectorDatabase.js';
import { normalised } from '../domain/vector.js';

/** Count n_c and centroid mu_c (mean of the unit vectors, normalised) of a class; null without vectors. */
export interface Centre {
  readonly count: number;
  /** Shape [dimension]. */
  readonly centroid: Float32Array | null;
}

/** The centre of a class, over both databases. */
export async function classCentre(vectors: VectorDatabase, name: string): Promise<Centre> {
  const sum = new Float32Array(vectors.dimension);
  let count = 0;
  for await (const records of vectors.scan({ classes: [name] })) {
    for (const { vector } of records) {
      count++;
      vector.forEach((value, i) => {
        sum[i] = (sum[i] as number) + value;
      });
    }
  }
  return { count, centroid: count === 0 ? null : normalised(sum) };
}

/** The centres of classes, by name. */
export async function centresOf(
  names: Iterable<string>,
  vectors: VectorDatabase,
): Promise<ReadonlyMap<string, Centre>> {
  const centres = new Map<string, Centre>();
  for (const name of names) centres.set(name, await classCentre(vectors, name));
  return centres;
}
