import { expect } from 'vitest';
import type { Neighbour, VectorDatabase, VectorRecord } from '../../../src/adapters/vectorDatabase.js';
import { stacked } from '../../../src/domain/vector.js';
import type { ReferenceVectors } from './referenceVectors.js';
import { DIMENSION, type Operation } from './storeOperations.js';

/** Stores may compute in float32. */
const TOLERANCE = 1e-5;

type Stored = ReturnType<ReferenceVectors['matching']>[number];

/** Does the operation to both and expects the same of both. */
export async function expectSame(
  database: VectorDatabase,
  reference: ReferenceVectors,
  operation: Operation,
): Promise<void> {
  switch (operation.kind) {
    case 'upsert':
      await database.upsert(operation.database, operation.records);
      reference.upsert(operation.database, operation.records);
      return;
    case 'move': {
      const { classes, from, to } = operation;
      const moved = await database.move(classes, from, to);
      expect(new Map(moved)).toEqual(reference.move(classes, from, to));
      return;
    }
    case 'delete':
      expect(await database.delete(operation.filter)).toBe(reference.delete(operation.filter));
      return;
    case 'count':
      expect(await database.count(operation.filter)).toBe(reference.matching(operation.filter).length);
      return;
    case 'scan': {
      const scanned = await recordsOf(
        database.scan(operation.filter, operation.batchSize),
        operation.batchSize,
      );
      expect(byId(scanned)).toEqual(byId(reference.matching(operation.filter).map(withoutDatabase)));
      return;
    }
    case 'get': {
      const wanted = reference.matching({}).filter((record) => operation.ids.includes(record.id));
      expect(byId(await database.get(operation.ids))).toEqual(byId(wanted));
      return;
    }
    case 'knn': {
      const { queries, kind: _, ...options } = operation;
      const lists = await database.knn(stacked(queries, DIMENSION), options);
      expect(lists).toHaveLength(queries.length);
      queries.forEach((query, index) => {
        const found = lists[index] ?? [];
        expectNearest(found, reference.similarities(query, options), options.k);
        const names = new Map(reference.matching(options).map(({ id, className }) => [id, className]));
        for (const { id, className } of found) expect(className).toBe(names.get(id));
      });
    }
  }
}

/** The k most similar, most similar first; equally similar ones in any order. */
export function expectNearest(
  found: readonly Neighbour[],
  all: ReadonlyMap<string, number>,
  k: number,
): void {
  expect(new Set(found.map(({ id }) => id)).size).toBe(Math.min(k, all.size));
  const best = [...all.values()].sort((a, b) => b - a);
  found.forEach(({ id, similarity }, rank) => {
    expect(Math.abs(similarity - (all.get(id) ?? Number.NaN))).toBeLessThan(TOLERANCE);
    expect(Math.abs(similarity - (best[rank] ?? Number.NaN))).toBeLessThan(TOLERANCE);
  });
}

/** All records of a scan, whose batches must be no larger than was asked for. */
export async function recordsOf(
  scan: AsyncIterable<readonly VectorRecord[]>,
  batchSize = Number.POSITIVE_INFINITY,
): Promise<VectorRecord[]> {
  const records: VectorRecord[] = [];
  for await (const batch of scan) {
    expect(batch.length).toBeLessThanOrEqual(batchSize);
    records.push(...batch);
  }
  return records;
}

function withoutDatabase({ database: _, ...record }: Stored): VectorRecord {
  return record;
}

function byId<T extends { readonly id: string }>(records: readonly T[]): T[] {
  return [...records].sort((a, b) => (a.id < b.id ? -1 : 1));
}
