import { randomUUID } from 'node:crypto';
import { rowOf } from '../../domain/vector.js';
import { refuseWrongBatchSize, refuseWrongDimensions, refuseWrongQueries } from '../vectorChecks.js';
import type {
  DatabaseName,
  KnnOptions,
  Neighbour,
  VectorDatabase,
  VectorFilter,
  VectorRecord,
} from '../vectorDatabase.js';
import { BrokenDataError } from './brokenData.js';
import { binary, type RedisClient } from './client.js';
import type { Connection } from './connection.js';
import type { Durability } from './durability.js';
import { decodeVector, encodeVector } from './encoding.js';
import type { Fence } from './fence.js';
import type { Keys } from './keys.js';
import { knnQuery, type SegmentSizes } from './knnQuery.js';
import { type Layout, type Layouts, matching } from './layouts.js';
import type { RedisIndexOptions } from './options.js';
import {
  CHANGE,
  changeOutcome,
  countOutcome,
  countsOutcome,
  DISCARD,
  runScript,
  type Script,
  STORE,
  SWEEP,
  WITHDRAW,
} from './scripts.js';
import type { ServerRun } from './serverRun.js';
import type { VectorIndex } from './vectorIndex.js';

/** Vectors that one script stores or deletes: few enough not to block other clients. */
const CHUNK = 64;
const SCAN_BATCH = 512;
/** Shortest interval between two queries of the sizes of the segments. */
const MEASURE_MS = 1000;

/** Dependencies of the vectors in Redis. */
export interface RedisParts {
  readonly connection: Connection;
  readonly keys: Keys;
  readonly layouts: Layouts;
  readonly fence: Fence;
  readonly vectorIndex: VectorIndex;
  readonly durability: Durability;
  readonly serverRun: ServerRun;
}

type StoredRecord = VectorRecord & { readonly segment: string };

/**
 * DB-CIL and DB-MU in Redis: one index over all vectors, each labelled with its segment. A small hash lists the
 * segments of each database, so the cost of a move does not depend on its size.
 */
export class RedisVectors implements VectorDatabase {
  readonly dimension: number;
  readonly #type: RedisIndexOptions['type'];
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #layouts: Layouts;
  readonly #fence: Fence;
  readonly #index: VectorIndex;
  #sizes: SegmentSizes = new Map();
  #measureAt = 0;

  constructor(
    { dimension, index }: { readonly dimension: number; readonly index: RedisIndexOptions },
    { connection, keys, layouts, fence, vectorIndex }: RedisParts,
  ) {
    this.dimension = dimension;
    this.#type = index.type;
    this.#connection = connection;
    this.#keys = keys;
    this.#layouts = layouts;
    this.#fence = fence;
    this.#index = vectorIndex;
  }

  async upsert(database: DatabaseName, records: readonly VectorRecord[]): Promise<void> {
    const words = this.#wordsOf(records);
    for (let start = 0; start < words.length; start += CHUNK) {
      const chunk = words.slice(start, start + CHUNK).flat();
      await this.#script(STORE, ['', database, '0', ...chunk]);
    }
  }

  /**
   * Stores all the records in DB-CIL, or none if the registry is not at this version.
   * @param openTasks tasks that may have refused one of the records before. For them, and for the tasks of the
   * records, they are no longer refused
   */
  async insertAt(
    registryVersion: number,
    records: readonly VectorRecord[],
    openTasks: readonly string[],
  ): Promise<boolean> {
    const tasks = new Set([...openTasks, ...records.map(({ task }) => task)]);
    const refused = [...tasks].map((task) => this.#keys.refusedIds(task));
    const words = [String(refused.length), ...refused, ...this.#wordsOf(records).flat()];
    return (await this.#script(STORE, [String(registryVersion), 'cil', ...words])) === 'done';
  }

  async get(ids: readonly string[]): Promise<(VectorRecord & { readonly database: DatabaseName })[]> {
    const unique = [...new Set(ids)];
    return this.#layouts.reading(async (client, { segments }) => {
      const records = await this.#read(client, unique);
      return records.flatMap(({ segment, ...record }) => {
        const database = segments.get(segment)?.database;
        return database ? [{ ...record, database }] : [];
      });
    });
  }

  async count(filter: VectorFilter = {}): Promise<number> {
    const counts = await this.#layouts.reading((client, layout) =>
      Promise.all(matching(layout, filter).map(({ number }) => client.sCard(this.#keys.segment(number)))),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async classes(): Promise<ReadonlyMap<string, number>> {
    const sizes = await this.#layouts.reading((client, layout) =>
      Promise.all(
        matching(layout, {}).map(
          async ({ number, className }) =>
            [className, await client.sCard(this.#keys.segment(number))] as const,
        ),
      ),
    );
    const counts = new Map<string, number>();
    for (const [name, size] of sizes) if (size > 0) counts.set(name, (counts.get(name) ?? 0) + size);
    return counts;
  }

  async knn(queries: Float32Array, { k, background = false, ...filter }: KnnOptions): Promise<Neighbour[][]> {
    refuseWrongQueries(queries, k, this.dimension);
    const blobs = Array.from({ length: queries.length / this.dimension }, (_, index) =>
      encodeVector(rowOf(queries, index, this.dimension), this.#type),
    );
    const search = async (client: RedisClient, layout: Layout): Promise<Neighbour[][]> => {
      const wanted = matching(layout, filter);
      if (wanted.length === 0) return blobs.map(() => []);
      this.#measure(client, layout);
      const query = knnQuery(layout, wanted, this.#sizes);
      const found = (blob: Buffer): Promise<Neighbour[]> => this.#nearest(client, query, blob, k);
      // Redis answers one after the other: what is sent later waits for all that was sent before.
      return background ? oneByOne(blobs, found) : Promise.all(blobs.map(found));
    };
    return this.#index.search(() => this.#layouts.reading(search));
  }

  /** Asks, now and then, how large the segments are: how to search depends on it, what is found does not. */
  #measure(client: RedisClient, { segments }: Layout): void {
    if (performance.now() < this.#measureAt) return;
    this.#measureAt = performance.now() + MEASURE_MS;
    const sizes = [...segments.keys()].map(
      async (number) => [number, await client.sCard(this.#keys.segment(number))] as const,
    );
    Promise.all(sizes).then(
      (known) => {
        this.#sizes = new Map(known);
      },
      // Redis is away: those who search see to it.
      () => undefined,
    );
  }

  async move(
    classes: readonly string[],
    from: DatabaseName,
    to: DatabaseName,
  ): Promise<ReadonlyMap<string, number>> {
    const outcome = await this.#script(CHANGE, ['', '', from, to, String(classes.length), ...classes]);
    return movedOf(changeOutcome(outcome), classes);
  }

  async delete({ database, classes }: VectorFilter): Promise<number> {
    const words = [database ?? '', String(classes?.length ?? -1), ...(classes ?? [])];
    const count = countOutcome(await this.#script(DISCARD, words));
    while ((await this.#script(SWEEP, [String(CHUNK)])) === 'more');
    return count;
  }

  idsOf(subject: string): Promise<string[]> {
    return this.#connection.run((client) => client.sMembers(this.#keys.subject(subject)));
  }

  /** @param learning the tasks of classes that are being learned, by class: see {@link KnowledgeStore.withdraw} */
  async withdraw(
    ids: readonly string[],
    learning: ReadonlyMap<string, string> = new Map(),
  ): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    const sets = [...learning].flatMap(([name, task]) => [name, this.#keys.refusedIds(task)]);
    for (let start = 0; start < ids.length; start += CHUNK) {
      const words = [String(learning.size), ...sets, ...ids.slice(start, start + CHUNK)];
      const answer = await this.#script(WITHDRAW, words);
      for (const [name, count] of countsOutcome(answer)) counts.set(name, (counts.get(name) ?? 0) + count);
    }
    return counts;
  }

  async withdrawn(ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const members = await this.#connection.run((client) => client.smIsMember(this.#keys.withdrawn, [...ids]));
    return new Set(ids.filter((_, index) => members[index] === 1));
  }

  async *scan(filter: VectorFilter, batchSize = SCAN_BATCH): AsyncGenerator<readonly VectorRecord[]> {
    refuseWrongBatchSize(batchSize);
    const wanted = await this.#layouts.reading(async (_, layout) =>
      matching(layout, filter).map(({ number }) => number),
    );
    const segments = new Set(wanted);
    for await (const ids of this.#idsOf(wanted, batchSize)) {
      const records = await this.#connection.run((client) => this.#read(client, ids));
      const batch = records.filter(({ segment }) => segments.has(segment));
      if (batch.length > 0) yield batch.map(({ segment: _, ...record }) => record);
    }
  }

  /** Every id of these segments once, at most `batchSize` at a time. */
  async *#idsOf(segments: readonly string[], batchSize: number): AsyncGenerator<readonly string[]> {
    const seen = new Set<string>();
    for (const number of segments) {
      let cursor = '0';
      do {
        const from = cursor;
        const found = await this.#connection.run((client) =>
          client.sScan(this.#keys.segment(number), from, { COUNT: batchSize }),
        );
        cursor = String(found.cursor);
        const fresh = [...new Set(found.members)].filter((id) => !seen.has(id));
        for (const id of fresh) seen.add(id);
        for (let start = 0; start < fresh.length; start += batchSize)
          yield fresh.slice(start, start + batchSize);
      } while (cursor !== '0');
    }
  }

  async #read(client: RedisClient, ids: readonly string[]): Promise<StoredRecord[]> {
    const bytes = binary(client);
    const rows = await Promise.all(
      ids.map((id) => bytes.hmGet(this.#keys.vector(id), ['segment', 'class', 'task', 'vector'])),
    );
    return rows.flatMap(([segment, className, task, vector], index) => {
      const id = ids[index];
      // Not there, or taken away from all databases.
      if (!segment || !className || !task || !vector || id === undefined) return [];
      const form = { dimension: this.dimension, type: this.#type };
      return {
        id,
        className: className.toString(),
        task: task.toString(),
        vector: decodeVector(this.#keys.vector(id), vector, form),
        segment: segment.toString(),
      };
    });
  }

  async #nearest(client: RedisClient, search: string, query: Buffer, k: number): Promise<Neighbour[]> {
    const { documents } = await client.ft.search(this.#keys.wholeIndex, search, {
      DIALECT: 2,
      PARAMS: { k, query },
      SORTBY: 'distance',
      LIMIT: { from: 0, size: k },
      RETURN: ['class', 'distance'],
      // Otherwise a search that takes longer than half a second returns what it has found so far.
      TIMEOUT: 0,
    });
    return documents.map(({ id, value }) => neighbourAt(id, value, this.#keys));
  }

  /** The words that store each record; of several of one id the last. */
  #wordsOf(records: readonly VectorRecord[]): (string | Buffer)[][] {
    refuseWrongDimensions(records, this.dimension);
    const unique = new Map(records.map((record) => [record.id, record]));
    return [...unique.values()].map(({ id, className, task, vector, subject }) => [
      id,
      className,
      task,
      subject === undefined ? '' : this.#keys.subject(subject),
      encodeVector(vector, this.#type),
    ]);
  }

  #script(script: Script, words: readonly (string | Buffer)[]): Promise<string> {
    const token = randomUUID();
    const scope = { keys: this.#keys, fence: this.#fence };
    return this.#connection.run((client) => runScript(client, script, scope, [token, ...words]));
  }
}

/** @param counts in the order of the classes */
export function movedOf(counts: readonly number[], classes: readonly string[]): ReadonlyMap<string, number> {
  return new Map(classes.map((className, index) => [className, counts[index] ?? 0]));
}

/**
 * A document that a search found. Written by hand: it is what every query costs.
 * @throws BrokenDataError where something else lies at the keys of the vectors
 */
function neighbourAt(
  key: string,
  { class: className, distance }: Record<string, unknown>,
  keys: Keys,
): Neighbour {
  const away = Number(distance);
  if (typeof className !== 'string' || Number.isNaN(away))
    throw new BrokenDataError(key, 'is no vector with a class', String(className));
  return { id: key.slice(keys.vectors.length), className, similarity: Math.max(-1, Math.min(1, 1 - away)) };
}

async function oneByOne<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
