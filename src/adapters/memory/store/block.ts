import type { DatabaseName, VectorRecord } from '../../vectorDatabase.js';

/** Rows of a block when it is new; it doubles until it is full. */
const FIRST_ROWS = 16;

/** Whose vectors a block holds. */
export interface BlockOwner {
  readonly className: string;
  readonly database: DatabaseName;
}

/** What a reader sees of a block: rows below `count` are never written again in these arrays. */
export interface BlockView {
  readonly className: string;
  readonly count: number;
  /** Unit vectors, shape [capacity, dimension]; capacity >= count. */
  readonly vectors: Float32Array;
  readonly ids: readonly string[];
  readonly tasks: readonly string[];
  /** Order of insertion, over the whole database. */
  readonly order: readonly number[];
}

/** A row to be stored. */
export interface Row extends Pick<VectorRecord, 'id' | 'task' | 'vector'> {
  readonly order: number;
}

/**
 * A piece of contiguous memory with vectors of one class. Rows are appended behind those that readers may be looking at.
 * Whoever wants to change an existing row calls {@link detach} first, and so leaves the old arrays to the readers.
 */
export class Block {
  /** Changes when the vectors of two databases are merged by a move. */
  owner: BlockOwner;
  #count = 0;
  #vectors: Float32Array;
  #ids: string[] = [];
  #tasks: string[] = [];
  #order: number[] = [];
  readonly #dimension: number;
  readonly #maximumRows: number;

  constructor(owner: BlockOwner, dimension: number, maximumRows: number) {
    this.owner = owner;
    this.#dimension = dimension;
    this.#maximumRows = maximumRows;
    this.#vectors = new Float32Array(Math.min(FIRST_ROWS, maximumRows) * dimension);
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.#maximumRows;
  }

  view(): BlockView {
    return {
      className: this.owner.className,
      count: this.#count,
      vectors: this.#vectors,
      ids: this.#ids,
      tasks: this.#tasks,
      order: this.#order,
    };
  }

  /** The row as it is now; its vector shares the block's memory. */
  read(index: number): Row {
    return {
      id: this.#ids[index] as string,
      task: this.#tasks[index] as string,
      order: this.#order[index] as number,
      vector: this.#vectors.subarray(index * this.#dimension, (index + 1) * this.#dimension),
    };
  }

  /** Appends a row and returns its index. The block must not be full. */
  append(row: Row): number {
    if (this.#count * this.#dimension === this.#vectors.length) this.#grow();
    const index = this.#count++;
    this.overwrite(index, row);
    return index;
  }

  /** Writes a row in place; an existing one only after {@link detach}. */
  overwrite(index: number, { id, task, vector, order }: Row): void {
    this.#vectors.set(vector, index * this.#dimension);
    this.#ids[index] = id;
    this.#tasks[index] = task;
    this.#order[index] = order;
  }

  /** Drops the last row, only after {@link detach}. */
  dropLast(): void {
    this.#count--;
    this.#ids.length = this.#tasks.length = this.#order.length = this.#count;
  }

  /** Copies the arrays, so that readers keep the old ones. */
  detach(): void {
    this.#vectors = this.#vectors.slice();
    this.#ids = this.#ids.slice();
    this.#tasks = this.#tasks.slice();
    this.#order = this.#order.slice();
  }

  #grow(): void {
    const rows = Math.min(2 * this.#count, this.#maximumRows);
    const grown = new Float32Array(rows * this.#dimension);
    grown.set(this.#vectors);
    this.#vectors = grown;
  }
}
