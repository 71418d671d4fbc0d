import { LetheError } from '../../domain/errors.js';
import { type LogRecord, positionOf } from '../../domain/record.js';

/**
 * Number of processes that may start at a position and end without progress before its records are read with caution.
 */
const CAREFUL_AFTER = 2;
/** How often a process may end with a single record in flight before the record is refused. */
const ATTEMPTS = 5;
/** A record that has been alone in flight for this long is acquitted: it may wait for a store. */
export const ALONE_MS = 10_000;

/** How often a process ended while a record was alone in flight. */
interface Tried {
  readonly offset: bigint;
  readonly times: number;
}

/**
 * The note of a group beside its position in a partition, in the metadata of the position. The next owner of the
 * partition reads it. A new commit of the position deletes it.
 */
export interface Note {
  /** Processes that started at this position. */
  readonly begun: number;
  readonly tried?: Tried | undefined;
}

const NOTE = /^lethe begun=(\d{1,9})(?: tried=(\d{1,19})x(\d{1,9}))?$/;

/** The note as metadata. */
export function written({ begun, tried }: Note): string {
  return `lethe begun=${begun}${tried ? ` tried=${tried.offset}x${tried.times}` : ''}`;
}

/** The note in the metadata of a position; foreign metadata counts as no note. */
export function noteIn(metadata: string | null | undefined): Note {
  const [, begun, offset, times] = NOTE.exec(metadata ?? '') ?? [];
  if (begun === undefined) return { begun: 0 };
  if (offset === undefined || times === undefined) return { begun: Number(begun) };
  return { begun: Number(begun), tried: { offset: BigInt(offset), times: Number(times) } };
}

/**
 * Finds a record that ends processes in native code, where no code can catch it. Each process notes that it starts at
 * a position. If several started there and none got further, the whole process reads the records one at a time, and
 * notes each before it emits it. A record at which {@link ATTEMPTS} processes ended is refused. In normal operation
 * this costs one commit at the start of a process for each partition with something to read.
 */
export class Caution {
  #note: Note = { begun: 0 };
  /** Where this process started, or further. */
  #begunAt: bigint | undefined;
  /** The record that this process noted as tried and survived. */
  #tried: bigint | undefined;
  /** Records before this offset are read one at a time. */
  #until = 0n;

  /**
   * The process starts to read at a position.
   * @param found the note beside the position
   * @param ahead how many records may be in flight
   * @returns the note to write; undefined if the process had started there before
   */
  begins(position: bigint, found: Note, ahead: number): Note | undefined {
    const isAgain = this.#begunAt === position;
    this.#begunAt = position;
    this.#note = { ...found, begun: found.begun + (isAgain ? 0 : 1) };
    if (found.begun >= CAREFUL_AFTER) this.#until = position + BigInt(ahead);
    return isAgain ? undefined : this.#note;
  }

  /** Whether the record at this offset may be the cause. */
  isNeeded(offset: bigint): boolean {
    return offset < this.#until;
  }

  /** Whether enough processes ended at this record. */
  refuses(offset: bigint): boolean {
    const { tried } = this.#note;
    return tried?.offset === offset && tried.times >= ATTEMPTS;
  }

  /** The note to write before the record is emitted; undefined if it is already written. */
  gives(offset: bigint): Note | undefined {
    if (this.#tried === offset) return undefined;
    const { begun, tried } = this.#note;
    const times = (tried?.offset === offset ? tried.times : 0) + 1;
    this.#tried = offset;
    this.#note = { begun, tried: { offset, times } };
    return this.#note;
  }

  /** The note to write once the record has been alone in flight for {@link ALONE_MS}. */
  acquits(): Note {
    this.#note = { begun: this.#note.begun };
    return this.#note;
  }
}

/**
 * Allows one such record at a time in the whole process: of two records in flight, in any partitions, both would be
 * suspects.
 */
export class Turn {
  #holder: object | undefined;

  /** @returns whether the holder has the turn now */
  take(holder: object): boolean {
    this.#holder ??= holder;
    return this.#holder === holder;
  }

  end(holder: object): void {
    if (this.#holder === holder) this.#holder = undefined;
  }
}

/** The record in a form that every decoder refuses. */
export function refused(record: LogRecord): LogRecord {
  const error = new LetheError(
    'internal',
    `${ATTEMPTS} processes ended while they processed only the record ${positionOf(record)}`,
    {
      field: 'value',
      remedy:
        'Check dmesg and the exit codes, and report them with the record. Replay this dead letter with a ' +
        'corrected version.',
    },
  );
  return { ...record, refused: error };
}
