import { SCHEMA_FIELD_TYPE, SCHEMA_VECTOR_FIELD_ALGORITHM } from '@redis/search';
import { ErrorReply, type RediSearchSchema } from 'redis';
import type { Schema } from 'redis-om';
import type { LetheError } from '../../domain/errors.js';
import { readAt } from './brokenData.js';
import type { RedisClient } from './client.js';
import { otherEmbedder } from './embedderMark.js';
import type { EntitySchemas } from './entities.js';
import { mismatch } from './errors.js';
import { type IndexAttribute, type IndexInfo, indexInfo, isUnknownIndex } from './indexInfo.js';
import type { Keys } from './keys.js';
import { segmentsIn } from './layouts.js';
import type { RedisStoreOptions } from './options.js';

/** How often the vectors and the index are counted if the counts differ: other clients change both meanwhile. */
const COUNTS = 3;

/** Why the index of the vectors cannot be searched, and whether only a person can fix it. */
export interface IndexFault {
  readonly why: string;
  /** Set if the settings differ from the index. */
  readonly mismatch?: LetheError;
}

/** The indexes of a deployment. */
export interface Indexes {
  readonly keys: Keys;
  readonly schemas: EntitySchemas;
  readonly options: RedisStoreOptions;
}

/**
 * Creates missing indexes, and checks whether the index of the vectors belongs to Lethe and contains all of them
 * (Redis fills it in the background). A complete index gets its alias, by which searches use it. Dropping an index
 * also drops its alias, so no search uses an incomplete index. Idempotent.
 * @returns why it cannot be searched yet, or null
 * @throws LetheError `config-invalid` if Redis has no search module, ErrorReply if Redis accepts no writes
 */
export async function lookAfterIndexes(client: RedisClient, indexes: Indexes): Promise<IndexFault | null> {
  const { keys, schemas, options } = indexes;
  for (const schema of Object.values(schemas)) {
    if (await exists(client, schema.indexName)) continue;
    await create(client, schema.indexName, entitySchema(schema), `${schema.schemaName}:`);
  }
  if (!(await exists(client, keys.vectorIndex)))
    await create(client, keys.vectorIndex, vectorSchema(options), keys.vectors);
  const fault = await faultOf(client, indexes);
  if (fault) return fault;
  if ((await indexInfo(client, keys.wholeIndex))?.index_name === keys.vectorIndex) return null;
  // Sent together: nothing comes in between that could make another index of that name.
  const [info] = await Promise.all([
    indexInfo(client, keys.vectorIndex),
    client.ft.aliasUpdate(keys.wholeIndex, keys.vectorIndex),
  ]);
  return info && isBuilt(info) ? null : { why: 'it was created again' };
}

async function faultOf(client: RedisClient, { keys, options }: Indexes): Promise<IndexFault | null> {
  for (let count = 1; ; count++) {
    const stored = await storedVectors(client, keys);
    const info = await indexInfo(client, keys.vectorIndex);
    if (!info) return { why: 'it is missing' };
    const other = otherSettings(info, keys, options) ?? (await otherEmbedder(client, keys, options, stored));
    if (other) return { why: `${other.message}. ${other.remedy}`, mismatch: other };
    if (!isBuilt(info)) return { why: 'Redis is building it' };
    if (info.num_docs >= stored) return null;
    if (count === COUNTS) return { why: incomplete(info, stored) };
  }
}

function isBuilt({ indexing, percent_indexed }: IndexInfo): boolean {
  return indexing === 0 && percent_indexed === 1;
}

/** Vectors of both databases. */
async function storedVectors(client: RedisClient, keys: Keys): Promise<number> {
  const fields = await readAt(keys.segments, client.hGetAll(keys.segments));
  const { segments } = segmentsIn(keys.segments, fields);
  const sizes = await Promise.all(
    [...segments.keys()].map((number) => readAt(keys.segment(number), client.sCard(keys.segment(number)))),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function incomplete(info: IndexInfo, stored: number): string {
  const errors = info['Index Errors'];
  const failed =
    info.hash_indexing_failures > 0 && errors
      ? ` (${errors['last indexing error key']}: ${errors['last indexing error']})`
      : '';
  const remedy =
    failed === ''
      ? `Run FT.DROPINDEX ${info.index_name}; Lethe creates it again`
      : 'Restore that key from a backup';
  return `it contains ${info.num_docs} of ${stored} vectors${failed}. ${remedy}`;
}

async function exists(client: RedisClient, name: string): Promise<boolean> {
  try {
    await client.sendCommand(['FT.INFO', name]);
    return true;
  } catch (error) {
    if (isUnknownIndex(error)) return false;
    throw ofSearch(error);
  }
}

async function create(
  client: RedisClient,
  name: string,
  schema: RediSearchSchema,
  prefix: string,
): Promise<void> {
  try {
    await client.ft.create(name, schema, { ON: 'HASH', PREFIX: prefix });
  } catch (error) {
    // Another worker was quicker.
    if (error instanceof ErrorReply && /index already exists/i.test(error.message)) return;
    throw ofSearch(error);
  }
}

function ofSearch(error: unknown): unknown {
  if (!(error instanceof ErrorReply && /unknown command/i.test(error.message))) return error;
  return mismatch(
    'stores.redis.url',
    'this Redis has no search module',
    'FT.INFO',
    'Use Redis Stack, or Redis 8 or later; plain Redis 7 cannot search vectors.',
  );
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

/** How an index differs from the one that these settings make. */
function otherSettings(
  { attributes, index_definition, index_name }: IndexInfo,
  keys: Keys,
  { dimension, index }: RedisStoreOptions,
): LetheError | undefined {
  const attributeOf = (name: string): IndexAttribute | undefined =>
    attributes.find(({ attribute, identifier }) => attribute === name && identifier === name);
  const vector = attributeOf('vector');
  const { key_type, prefixes, filter } = index_definition;
  const isOfOurs =
    key_type === 'HASH' && prefixes.length === 1 && prefixes[0] === keys.vectors && filter === undefined;
  if (
    !isOfOurs ||
    vector?.type !== 'VECTOR' ||
    vector.distance_metric !== 'COSINE' ||
    attributeOf('segment')?.type !== 'TAG'
  ) {
    return mismatch(
      'stores.redis',
      `somebody else created the index ${index_name}, with another schema`,
      index_name,
      `Run FT.DROPINDEX ${index_name}; Lethe creates it again.`,
    );
  }
  if (vector.dim !== String(dimension)) {
    return mismatch(
      'embedder',
      `the vectors in Redis have ${vector.dim} components, those of the embedder ${dimension}`,
      String(dimension),
      'Use the embedder of the existing vectors, or set another model.name.',
    );
  }
  const here = `${index.algorithm} ${index.type}`;
  const there = `${vector.algorithm} ${vector.data_type}`.toLowerCase();
  if (here === there) return undefined;
  return mismatch(
    'stores.redis.index',
    `the index in Redis is ${there}, but the settings say ${here}`,
    here,
    'Restore stores.redis.index, or set another model.name and learn again.',
  );
}
