import type { VectorDatabase, VectorFilter, VectorRecord } from '../adapters/vectorDatabase.js';
import { createReservoir } from '../model/reservoir.js';

/** A seeded sample of the matching vectors, each as likely, in one scan and bounded memory. */
export async function sampleVectors(
  database: VectorDatabase,
  filter: VectorFilter,
  size: number,
  seed: number,
): Promise<VectorRecord[]> {
  const reservoir = createReservoir<VectorRecord>(size, seed);
  for await (const records of database.scan(filter)) {
    for (const record of records) reservoir.offer(() => record);
  }
  return [...reservoir.items];
}
