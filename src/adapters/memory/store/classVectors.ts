import type { DatabaseName } from '../../vectorDatabase.js';
import { Block, type BlockOwner, type Row } from './block.js';

/** Bytes of a full block: small enough that a product over one does not hold up the event loop, large enough to be worth a call. */
const BLOCK_BYTES = 4 * 1024 * 1024;

/** Where a row lies. */
export interface Place {
  readonly block: Block;
  readonly row: number;
}

/** All vectors of one class in one database. */
export class ClassVectors implements BlockOwner {
  readonly className: string;
  database: DatabaseName;
  #blocks: Block[] = [];
  readonly #dimension: number;
  readonly #blockRows: number;

  constructor(className: string, database: DatabaseName, dimension: number) {
    this.className = className;
    this.database = database;
    this.#dimension = dimension;
    this.#blockRows = Math.max(1, Math.floor(BLOCK_BYTES / (dimension * Float32Array.BYTES_PER_ELEMENT)));
  }

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  get count(): number {
    return this.#blocks.reduce((sum, block) => sum + block.count, 0);
  }

  append(row: Row): Place {
    let block = this.#blocks.at(-1);
    if (!block || block.isFull) {
      block = new Block(this, this.#dimension, this.#blockRows);
      this.#blocks.push(block);
    }
    return { block, row: block.append(row) };
  }

  /**
   * Removes a row by putting the last one into its place.
   * @param detached blocks that were detached in this write already; this one's are added
   * @returns the id of the row that changed its place, if one did; it now lies at `place`
   */
  remove({ block, row }: Place, detached: Set<Block>): string | undefined {
    const last = this.#blocks.at(-1) ?? block;
    detachOnce(last, detached);
    const mover = last.read(last.count - 1);
    const moves = last !== block || row !== last.count - 1;
    if (moves) {
      detachOnce(block, detached);
      block.overwrite(row, mover);
    }
    last.dropLast();
    if (last.count === 0) this.#blocks.pop();
    return moves ? mover.id : undefined;
  }

  /** Takes over all vectors of `other`, which is of the same class; no vector is copied. */
  absorb(other: ClassVectors): void {
    for (const block of other.#blocks) block.owner = this;
    // The fuller ones first: the last one is where rows are appended.
    this.#blocks = [...this.#blocks, ...other.#blocks].sort((a, b) => b.count - a.count);
    other.#blocks = [];
  }
}

/** Detaches a block unless this write did so already. */
export function detachOnce(block: Block, detached: Set<Block>): void {
  if (detached.has(block)) return;
  block.detach();
  detached.add(block);
}
