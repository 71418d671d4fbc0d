import { setTimeout as wait } from 'node:timers/promises';
import { SCHEMA_FIELD_TYPE, SCHEMA_VECTOR_FIELD_ALGORITHM } from '@redis/search';
import type { RediSearchSchema } from 'redis';
import type { Schema } from 'redis-om';
import type { RedisClient } from './client.js';
import type { EntitySchemas } from './entities.js';
import { mismatch } from './errors.js';
import type { Keys } from './keys.js';
import type { RedisStoreOptions } from './options.js';

const POLL_MS = 100;

/**
 * Creates what is missing of the indexes, and waits until all vectors are indexed (after a restart Redis does so in
 * the background). Idempotent.
 * @throws LetheError `config-invalid` where the index is of other settings, or Redis has no search
 */
export async function prepareIndexes(
  client: RedisClient,
  keys: Keys,
  schemas: EntitySchemas,
  options: RedisStoreOptions,
): Promise<void> {
  await createIfMissing(client, keys.vectorIndex, vectorSchema(options), keys.vectors);
  for (const schema of Object.values(schemas)) {
    await createIfMissing(client, schema.indexName, entitySchema(schema), `${schema.schemaName}:`);
  }
  for (;;) {
    const info = await client.ft.info(keys.vectorIndex);
    refuseOtherSettings(info.attributes, options);
    if (Number(info.indexing) === 0 && Number(info.percent_indexed) === 1) return;
    await wait(POLL_MS);
  }
}

async function createIfMissing(
  client: RedisClient,
  name: string,
  schema: RediSearchSchema,
  prefix: string,
): Promise<void> {
  try {
    await client.ft.create(name, schema, { ON: 'HASH', PREFIX: prefix });
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (/index already exists/i.test(message)) return;
    if (!/unknown command/i.test(message)) throw error;
    throw mismatch(
      'stores.redis.url',
      'this Redis has no search module',
      'FT.CREATE',
      'Use Redis Stack, or Redis 8 or later; plain Redis 7 cannot search vectors.',
    );
  }
}

function vectorSchema({ dimension, index }: RedisStoreOptions): RediSearchSchema {
  const common = {
    type: SCHEMA_FIELD_TYPE.VECTOR,
    TYPE: index.type === 'float16' ? 'FLOAT16' : 'FLOAT32',
    DIM: dimension,
    DISTANCE_METRIC: 'COSINE',
  } as const;
  const graph = { M: index.m, EF_CONSTRUCTION: index.efConstruction, EF_RUNTIME: index.efRuntime };
  return {
    vector:
      index.algorithm === 'flat'
        ? { ...common, ALGORITHM: SCHEMA_VECTOR_FIELD_ALGORITHM.FLAT }
        : { ...common, ALGORITHM: SCHEMA_VECTOR_FIELD_ALGORITHM.HNSW, ...graph },
    segment: SCHEMA_FIELD_TYPE.TAG,
  };
}

/**
 * The index of a redis-om schema, so that `repository.search()` and FT.SEARCH find its entities. Repository.createIndex
 * of redis-om 0.4.7 does not work with redis 6, which renamed the constants that it reads.
 */
function entitySchema(schema: Schema): RediSearchSchema {
  const indexed = schema.fields.filter((field) => field.indexed);
  return Object.fromEntries(
    indexed.map(({ name, type, separator }) => [
      name,
      type === 'number' ? SCHEMA_FIELD_TYPE.NUMERIC : { type: SCHEMA_FIELD_TYPE.TAG, SEPARATOR: separator },
    ]),
  );
}

/** @param attributes the fields of the index as FT.INFO tells them */
function refuseOtherSettings(attributes: readonly unknown[], { dimension, index }: RedisStoreOptions): void {
  const found = Object.fromEntries(
    Object.entries((attributes[0] ?? {}) as Record<string, unknown>).map(([key, value]) => [
      key,
      String(value),
    ]),
  );
  if (found.dim !== String(dimension)) {
    throw mismatch(
      'embedder',
      `the vectors in Redis have ${found.dim} components, the embedder makes ${dimension}`,
      String(dimension),
      'Use the embedder that filled this Redis, or give the deployment another model name.',
    );
  }
  const here = `${index.algorithm} ${index.type}`;
  const there = `${found.algorithm} ${found.data_type}`.toLowerCase();
  if (here !== there) {
    throw mismatch(
      'stores.redis.index',
      `the index in Redis is ${there}, the config says ${here}`,
      here,
      'Set stores.redis.index back, or give the deployment another model name and learn again.',
    );
  }
}
