import { createTurns } from '../../domain/inTurn.js';
import type { OutgoingRecord } from '../../domain/record.js';
import { Caution } from './caution.js';

/** A record that was emitted, and what became of it. */
export interface Entry {
  readonly offset: bigint;
  state: 'open' | 'settled' | 'written' | 'lost';
  outputs: readonly OutgoingRecord[];
  /** Gives the credit of the record back. */
  readonly release: () => void;
}

/**
 * How far a group is in one partition, as this process knows it.
 *
 * Whatever happens, `position` decides: outputs before it were written, outputs at and after it were not. Hence what
 * was settled behind a gap stays valid as long as no one else moved the position.
 */
export class Progress {
  /** The group's committed position; `undefined` until the partition was acquired. */
  position: bigint | undefined;
  /** The next offset to be emitted. */
  cursor = 0n;
  /** Of which topic the offsets are, by its id; `undefined` where that is not known. */
  topicId: string | undefined;
  /** Whoever emits the records of the partition. */
  reader: object | undefined;
  /** How often the partition went to someone else: what was emitted before is not ours to settle. */
  losses = 0;
  /** Acquiring and committing happen one after the other. */
  readonly inTurn = createTurns();
  /** What is known of processes that ended while they read the partition. */
  readonly caution = new Caution();
  /** Emitted or settled, from the position on, in the order of their offsets. */
  readonly #entries = new Map<bigint, Entry>();
  /** Settled in an earlier reading and not emitted again yet. */
  readonly #ahead = new Map<bigint, readonly OutgoingRecord[]>();

  constructor(
    readonly group: string,
    readonly topic: string,
    readonly partition: number,
  ) {}

  /** Entries that wait: in flight, or settled behind a gap. */
  get waiting(): number {
    return this.#entries.size;
  }

  /** Whether everything that was emitted is settled and written. */
  get idle(): boolean {
    return this.#entries.size === 0;
  }

  /** Whether all that was emitted is written, and the cursor is further on: behind records that are never emitted. */
  get skipped(): boolean {
    return this.idle && this.position !== undefined && this.position < this.cursor;
  }

  /** Whether the record at `offset` is neither settled nor given up. */
  isUnderWay(offset: bigint): boolean {
    return this.#entries.has(offset);
  }

  /** Whether there is something to commit. */
  get headSettled(): boolean {
    for (const entry of this.#entries.values()) return entry.state === 'settled';
    return false;
  }

  /**
   * The partition is `reader`'s, from `position` on. Records in flight go on if the reader is the same and no one moved
   * the position meanwhile; otherwise they are emitted again, except those that were settled.
   */
  acquired(position: bigint, reader: object): void {
    const moved = this.position !== undefined && this.position !== position;
    const goesOn = !moved && this.reader === reader && this.position !== undefined;
    this.reader = reader;
    if (goesOn) return;
    if (moved) this.lose();
    for (const { offset, state, outputs, release } of this.#entries.values()) {
      if (state === 'settled') this.#ahead.set(offset, outputs);
      release();
    }
    this.#entries.clear();
    this.position = position;
    this.cursor = position;
    this.#catchUp();
  }

  /** The partition is someone else's. */
  lose(): void {
    this.losses++;
    for (const entry of this.#entries.values()) {
      entry.state = 'lost';
      entry.release();
    }
    this.#entries.clear();
    this.#ahead.clear();
    this.position = undefined;
  }

  /** Whether the record at `offset` is to be emitted: it is new, and not settled in an earlier reading. */
  wants(offset: bigint): boolean {
    if (offset < this.cursor) return false;
    const outputs = this.#ahead.get(offset);
    if (outputs === undefined) return true;
    this.#takeAhead(offset, outputs);
    return false;
  }

  /** The record at `offset` is being emitted. */
  emitted(offset: bigint, release: () => void): void {
    this.cursor = offset + 1n;
    this.#entries.set(offset, { offset, state: 'open', outputs: [], release });
  }

  /** Everything before `offset` was read: also what is never emitted, such as the ends of transactions. */
  readUpTo(offset: bigint): void {
    if (offset > this.cursor) this.cursor = offset;
  }

  /** @returns the entry that is settled by this; none where it was settled before or will be emitted again */
  settle(offset: bigint, outputs: readonly OutgoingRecord[]): Entry | undefined {
    const entry = this.#entries.get(offset);
    if (entry) {
      if (entry.state !== 'open') return undefined;
      entry.state = 'settled';
      entry.outputs = outputs;
      return entry;
    }
    if (offset >= this.cursor && !this.#ahead.has(offset)) {
      this.#ahead.set(offset, outputs);
      this.#catchUp();
      return this.#entries.get(offset);
    }
    return undefined;
  }

  /** What can be written now, and where the position is then. */
  settledPrefix(): { readonly entries: readonly Entry[]; readonly position: bigint } {
    const entries: Entry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'settled') return { entries, position: entry.offset };
      entries.push(entry);
    }
    return { entries, position: this.cursor };
  }

  written(entries: readonly Entry[], position: bigint): void {
    for (const entry of entries) {
      entry.state = 'written';
      entry.release();
      this.#entries.delete(entry.offset);
    }
    this.position = position;
  }

  #catchUp(): void {
    for (let outputs = this.#ahead.get(this.cursor); outputs; outputs = this.#ahead.get(this.cursor)) {
      this.#takeAhead(this.cursor, outputs);
    }
  }

  #takeAhead(offset: bigint, outputs: readonly OutgoingRecord[]): void {
    this.#ahead.delete(offset);
    this.#entries.set(offset, { offset, state: 'settled', outputs, release: () => undefined });
    this.cursor = offset + 1n;
  }
}
