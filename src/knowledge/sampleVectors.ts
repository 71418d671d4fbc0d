import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { VectorDatabase, VectorFilter, VectorRecord } from '../adapters/vectorDatabase.js';

/**
 * A seeded sample of the matching vectors, each as likely, in one scan and bounded memory (reservoir sampling,
 * Vitter's algorithm R).
 */
export async function sampleVectors(
  database: VectorDatabase,
  filter: VectorFilter,
  size: number,
  seed: number,
): Promise<VectorRecord[]> {
  const generator = xoroshiro128plus(seed);
  const reservoir: VectorRecord[] = [];
  let seen = 0;
  for await (const records of database.scan(filter)) {
    for (const record of records) {
      const slot = seen < size ? seen : uniformInt(generator, 0, seen);
      if (slot < size) reservoir[slot] = record;
      seen++;
    }
  }
  return reservoir;
}
