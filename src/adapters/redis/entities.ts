import { type Entity, type RedisConnection, Repository, Schema, type SchemaDefinition } from 'redis-om';
import type { RedisClient } from './client.js';
import type { EntityKind, Keys } from './keys.js';

/** Between the members of a list: no name may contain control characters. */
const SEPARATOR = '\u001f';
const NAME = { type: 'string', separator: SEPARATOR } as const;
const NAMES = { type: 'string[]', separator: SEPARATOR } as const;
const NUMBER = { type: 'number' } as const;
/** Kept, not searched. */
const PLAIN = { type: 'string', indexed: false } as const;

/** Entities as redis-om reads them. What has no value has no field. */
export type ClassEntity = Entity & {
  name: string;
  state: string;
  task: string;
  count: number;
  centroid?: string;
  erasing?: string;
  withdrawn?: number;
  before?: string;
  /** JSON */
  erasure?: string;
};
export type TaskEntity = Entity & { name: string; state: string; classes: string[]; samples: number };
export type ModelEntity = Entity & {
  version: string;
  task: string;
  classes: string[];
  checkpoint: string;
  sha256: string;
  dimension: number;
  backend: string;
};
export type ReceiptEntity = Entity & {
  id: string;
  position: string;
  registryVersion: number;
  details: string;
  movedClasses: string[];
  movedCounts: string;
};

/** Schemas of all entities; each has a search index of its own. */
export function entitySchemas(keys: Keys) {
  const schema = <T extends Entity>(kind: EntityKind, fields: SchemaDefinition<T>): Schema<T> =>
    new Schema<T>(keys.prefix + kind, fields, { dataStructure: 'HASH' });
  return {
    class: schema<ClassEntity>('class', {
      name: NAME,
      state: NAME,
      task: NAME,
      count: NUMBER,
      centroid: PLAIN,
      erasing: PLAIN,
      withdrawn: { type: 'number', indexed: false },
      before: PLAIN,
      erasure: PLAIN,
    }),
    task: schema<TaskEntity>('task', { name: NAME, state: NAME, classes: NAMES, samples: NUMBER }),
    model: schema<ModelEntity>('model', {
      version: NAME,
      task: NAME,
      classes: NAMES,
      checkpoint: PLAIN,
      sha256: NAME,
      dimension: NUMBER,
      backend: NAME,
    }),
    receipt: schema<ReceiptEntity>('receipt', {
      id: NAME,
      position: NAME,
      registryVersion: NUMBER,
      details: PLAIN,
      movedClasses: NAMES,
      movedCounts: PLAIN,
    }),
  };
}
export type EntitySchemas = ReturnType<typeof entitySchemas>;

/** Reads entities by their ids. They are written by the script CHANGE, together with all that must change at once. */
export function repositories(client: RedisClient, schemas: EntitySchemas) {
  // redis-om 0.4.7 declares the types of redis 4; it calls nothing that redis 6 does otherwise (npm overrides).
  const connection = client as unknown as RedisConnection;
  return {
    class: new Repository(schemas.class, connection),
    task: new Repository(schemas.task, connection),
    model: new Repository(schemas.model, connection),
    receipt: new Repository(schemas.receipt, connection),
  };
}

/** The words of the command that writes an entity in the layout in which redis-om reads it. */
export function entityWords(key: string, entity: Entity): string[] {
  const fields = Object.entries(entity).flatMap(([field, value]) => {
    const isEmptyList = Array.isArray(value) && value.length === 0;
    if (value === undefined || isEmptyList) return [];
    return [field, Array.isArray(value) ? value.join(SEPARATOR) : String(value)];
  });
  return ['HSET', key, ...fields];
}
