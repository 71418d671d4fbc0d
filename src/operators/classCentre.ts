import { normalised } from '../domain/vector.js';
import type { VectorDatabase } from '../stores/vectorDatabase.js';

/** Count n_c and centroid mu_c (mean of the unit vectors, normalised) of a class, over both databases; null without vectors. */
export async function classCentre(
  vectors: VectorDatabase,
  name: string,
): Promise<{ readonly count: number; readonly centroid: Float32Array | null }> {
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
