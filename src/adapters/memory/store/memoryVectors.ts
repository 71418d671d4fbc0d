import { setImmediate } from 'node:timers/promises';
import { createMatrixProduct, type MatrixProduct } from '../../../blas/matrixProduct.js';
import { refuseWrongBatchSize, refuseWrongDimensions, refuseWrongQueries } from '../../vectorChecks.js';
import type {
  DatabaseName,
  KnnOptions,
  Neighbour,
  VectorDatabase,
  VectorFilter,
  VectorRecord,
} from '../../vectorDatabase.js';
import type { Block, BlockView } from './block.js';
import { ClassVectors, detachOnce, type Place } from './classVectors.js';
import { nearest } from './nearest.js';
import { Precedence } from './precedence.js';
import { Subjects } from './subjects.js';

const SCAN_BATCH = 512;

/**
 * DB-CIL and DB-MU in the memory of this process, searched exactly.
 *
 * Vectors lie in blocks by database and class: a filter by class costs nothing, and a class changes its database by
 * changing its owner. Every write takes effect in one turn of the event loop, at the call. Readers work on the blocks
 * as they were at the call, however long they take: what they look at is never overwritten.
 */
export class MemoryVectors implements VectorDatabase {
  readonly dimension: number;
  readonly #databases: Readonly<Record<DatabaseName, Map<string, ClassVectors>>> = {
    cil: new Map(),
    mu: new Map(),
  };
  readonly #places = new Map<string, Place>();
  readonly #subjects = new Subjects();
  readonly #withdrawn = new Set<string>();
  #inserted = 0;
  #product: Promise<MatrixProduct> | undefined;
  readonly #precedence = new Precedence();

  /** @param dimension components of every vector */
  constructor(dimension: number) {
    this.dimension = dimension;
  }

  async upsert(database: DatabaseName, records: readonly VectorRecord[]): Promise<void> {
    this.upsertNow(database, records);
  }

  /** As {@link upsert}, within this turn of the event loop. */
  upsertNow(database: DatabaseName, records: readonly VectorRecord[]): void {
    refuseWrongDimensions(records, this.dimension);
    const detached = new Set<Block>();
    for (const record of records) this.#put(database, record, detached);
  }

  async get(ids: readonly string[]): Promise<(VectorRecord & { readonly database: DatabaseName })[]> {
    return [...new Set(ids)].flatMap((id) => {
      const place = this.#places.get(id);
      if (!place) return [];
      const { className, database } = place.block.owner;
      const { task, vector } = place.block.read(place.row);
      return [{ id, className, task, vector, database }];
    });
  }

  async count(filter: VectorFilter = {}): Promise<number> {
    return this.#matching(filter).reduce((sum, { count }) => sum + count, 0);
  }

  async classes(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const { className, count } of this.#matching({}))
      counts.set(className, (counts.get(className) ?? 0) + count);
    return counts;
  }

  async knn(queries: Float32Array, { k, background = false, ...filter }: KnnOptions): Promise<Neighbour[][]> {
    refuseWrongQueries(queries, k, this.dimension);
    const views = this.#views(filter);
    this.#product ??= createMatrixProduct();
    const product = await this.#product;
    const search = (between?: (lastMs: number) => Promise<void>): Promise<Neighbour[][]> =>
      nearest(views, queries, k, this.dimension, product, between);
    return background
      ? search((lastMs) => this.#precedence.giveWay(lastMs))
      : this.#precedence.first(() => search());
  }

  async move(
    classes: readonly string[],
    from: DatabaseName,
    to: DatabaseName,
  ): Promise<ReadonlyMap<string, number>> {
    return this.moveNow(classes, from, to);
  }

  /** As {@link move}, within this turn of the event loop, so that others' changes can be part of the same step. */
  moveNow(classes: readonly string[], from: DatabaseName, to: DatabaseName): ReadonlyMap<string, number> {
    return new Map(classes.map((className) => [className, this.#moveClass(className, from, to)]));
  }

  async delete(filter: VectorFilter): Promise<number> {
    let deleted = 0;
    for (const owner of this.#matching(filter)) {
      for (const { ids, count } of owner.blocks.map((block) => block.view())) {
        for (let row = 0; row < count; row++) {
          this.#places.delete(ids[row] as string);
          this.#subjects.forget(ids[row] as string);
        }
        deleted += count;
      }
      this.#databases[owner.database].delete(owner.className);
    }
    return deleted;
  }

  async idsOf(subject: string): Promise<string[]> {
    return this.#subjects.idsOf(subject);
  }

  async withdraw(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.withdrawNow(ids);
  }

  /** Whether a vector of this id is stored. */
  has(id: string): boolean {
    return this.#places.has(id);
  }

  /**
   * As {@link withdraw}, within this turn of the event loop.
   * @param onDeleted told of each that was there, when it is gone
   */
  withdrawNow(
    ids: readonly string[],
    onDeleted: (id: string, className: string) => void = () => undefined,
  ): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    const detached = new Set<Block>();
    for (const id of ids) {
      this.#withdrawn.add(id);
      const place = this.#places.get(id);
      if (!place) continue;
      const { className } = place.block.owner;
      counts.set(className, (counts.get(className) ?? 0) + 1);
      this.#remove(place, detached);
      this.#places.delete(id);
      this.#subjects.forget(id);
      onDeleted(id, className);
    }
    return counts;
  }

  async withdrawn(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.withdrawnNow(ids);
  }

  /** As {@link withdrawn}, within this turn of the event loop. */
  withdrawnNow(ids: readonly string[]): ReadonlySet<string> {
    return new Set(ids.filter((id) => this.#withdrawn.has(id)));
  }

  scan(filter: VectorFilter, batchSize = SCAN_BATCH): AsyncIterable<readonly VectorRecord[]> {
    refuseWrongBatchSize(batchSize);
    return recordsOf(this.#views(filter), this.dimension, batchSize);
  }

  /** Frees native memory. */
  async release(): Promise<void> {
    const product = this.#product;
    this.#product = undefined;
    await (await product)?.release();
  }

  #put(database: DatabaseName, record: VectorRecord, detached: Set<Block>): void {
    const owner = this.#ownerOf(database, record.className);
    this.#subjects.note(record);
    const place = this.#places.get(record.id);
    const order = place ? place.block.read(place.row).order : this.#inserted++;
    if (place?.block.owner === owner) {
      detachOnce(place.block, detached);
      place.block.overwrite(place.row, { ...record, order });
      return;
    }
    if (place) this.#remove(place, detached);
    this.#places.set(record.id, owner.append({ ...record, order }));
  }

  #remove(place: Place, detached: Set<Block>): void {
    const { database, className } = place.block.owner;
    const owner = this.#ownerOf(database, className);
    const moved = owner.remove(place, detached);
    if (moved !== undefined) this.#places.set(moved, place);
    if (owner.blocks.length === 0) this.#databases[database].delete(className);
  }

  #moveClass(className: string, from: DatabaseName, to: DatabaseName): number {
    const moving = this.#databases[from].get(className);
    if (!moving) return 0;
    const { count } = moving;
    if (from === to) return count;
    this.#databases[from].delete(className);
    const there = this.#databases[to].get(className);
    if (there) there.absorb(moving);
    else {
      moving.database = to;
      this.#databases[to].set(className, moving);
    }
    return count;
  }

  #ownerOf(database: DatabaseName, className: string): ClassVectors {
    const known = this.#databases[database].get(className);
    if (known) return known;
    const owner = new ClassVectors(className, database, this.dimension);
    this.#databases[database].set(className, owner);
    return owner;
  }

  #matching({ database, classes }: VectorFilter): ClassVectors[] {
    const databases = database ? [this.#databases[database]] : Object.values(this.#databases);
    if (!classes) return databases.flatMap((owners) => [...owners.values()]);
    return databases.flatMap((owners) => [...new Set(classes)].flatMap((name) => owners.get(name) ?? []));
  }

  #views(filter: VectorFilter): BlockView[] {
    return this.#matching(filter).flatMap(({ blocks }) => blocks.map((block) => block.view()));
  }
}

/** Gives way to the event loop between batches, so that a long scan holds up nobody. */
async function* recordsOf(
  views: readonly BlockView[],
  dimension: number,
  batchSize: number,
): AsyncGenerator<readonly VectorRecord[]> {
  for (const { className, count, ids, tasks, vectors } of views) {
    for (let start = 0; start < count; start += batchSize) {
      const length = Math.min(batchSize, count - start);
      yield Array.from({ length }, (_, index): VectorRecord => {
        const row = start + index;
        const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
        return { id: ids[row] as string, className, task: tasks[row] as string, vector };
      });
      await setImmediate();
    }
  }
}
