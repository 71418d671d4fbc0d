import fc from 'fast-check';
import type { DatabaseName, VectorFilter, VectorRecord } from '../../../src/adapters/vectorDatabase.js';
import { normalised } from '../../../src/domain/vector.js';

export const DIMENSION = 4;
const CLASSES = ['cat', 'dog', 'ship'] as const;

/** Something done to, or asked of, the vector databases. */
export type Operation =
  | { readonly kind: 'upsert'; readonly database: DatabaseName; readonly records: readonly VectorRecord[] }
  | {
      readonly kind: 'move';
      readonly classes: readonly string[];
      readonly from: DatabaseName;
      readonly to: DatabaseName;
    }
  | { readonly kind: 'delete'; readonly filter: VectorFilter }
  | { readonly kind: 'count'; readonly filter: VectorFilter }
  | { readonly kind: 'scan'; readonly filter: VectorFilter; readonly batchSize: number }
  | { readonly kind: 'get'; readonly ids: readonly string[] }
  | {
      readonly kind: 'knn';
      readonly queries: readonly Float32Array[];
      readonly k: number;
      readonly database: DatabaseName;
      readonly classes?: readonly string[];
    };

const database = fc.constantFrom<DatabaseName>('cil', 'mu');
const className = fc.constantFrom(...CLASSES);
const classes = fc.uniqueArray(className, { minLength: 1 });
const id = fc.integer({ min: 0, max: 30 }).map((number) => `id-${number}`);
const filter = fc.record({ database, classes }, { requiredKeys: [] });

export const unitVector: fc.Arbitrary<Float32Array> = fc
  .array(fc.integer({ min: -9, max: 9 }), { minLength: DIMENSION, maxLength: DIMENSION })
  .filter((components) => components.some((component) => component !== 0))
  .map((components) => normalised(Float32Array.from(components)));

const record: fc.Arbitrary<VectorRecord> = fc.record({
  id,
  className,
  task: fc.constantFrom('t1', 't2'),
  vector: unitVector,
});

/** Any operation; few ids and classes, so that they meet often. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant('upsert' as const),
    database,
    records: fc.array(record, { maxLength: 20 }),
  }),
  fc.record({ kind: fc.constant('move' as const), classes, from: database, to: database }),
  fc.record({ kind: fc.constant('delete' as const), filter }),
  fc.record({ kind: fc.constant('count' as const), filter }),
  fc.record({
    kind: fc.constant('scan' as const),
    filter,
    batchSize: fc.integer({ min: 1, max: 7 }),
  }),
  fc.record({ kind: fc.constant('get' as const), ids: fc.array(id, { maxLength: 5 }) }),
  fc.record(
    {
      kind: fc.constant('knn' as const),
      queries: fc.array(unitVector, { maxLength: 4 }),
      k: fc.integer({ min: 1, max: 12 }),
      database,
      classes,
    },
    { requiredKeys: ['kind', 'queries', 'k', 'database'] },
  ),
);
