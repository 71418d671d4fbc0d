import { LetheError } from '../../domain/errors.js';
import { type LogRecord, positionOf } from '../../domain/record.js';

/** Processes that may begin at a position, and end without getting beyond it, before its records are read with caution. */
const CAREFUL_AFTER = 2;
/** How often a process may end with a record alone under way before the record is refused. */
const ATTEMPTS = 5;
/** A record that has been alone under way for so long is not what ends processes: it may wait for a store. */
export const ALONE_MS = 10_000;

/** How often a process ended while a record was alone under way. */
interface Tried {
  readonly offset: bigint;
  readonly times: number;
}

/**
 * What a group notes beside its position in a partition, in the position's metadata: whoever has the partition next reads
 * it. A position that is committed anew has none.
 */
export interface Note {
  /** Processes that began at this position. */
  readonly begun: number;
  readonly tried?: Tried | undefined;
}

const NOTE = /^lethe begun=(\d{1,9})(?: tried=(\d{1,19})x(\d{1,9}))?$/;

/** The note as metadata. */
export function written({ begun, tried }: Note): string {
  return `lethe begun=${begun}${tried ? ` tried=${tried.offset}x${tried.times}` : ''}`;
}

/** The note in a position's metadata; one that nobody wrote says nothing. */
export function noteIn(metadata: string | null | undefined): Note {
  const [, begun, offset, times] = NOTE.exec(metadata ?? '') ?? [];
  if (begun === undefined) return { begun: 0 };
  if (offset === undefined || times === undefined) return { begun: Number(begun) };
  return { begun: Number(begun), tried: { offset: BigInt(offset), times: Number(times) } };
}

/**
 * Finds the record that ends processes, in native code, which no one can catch. Each process notes that it begins at a
 * position. Where several began and none got beyond, its records are read one at a time in the whole process, each noted
 * before it is given; one at which {@link ATTEMPTS} processes ended is refused. Where all goes well, it costs one commit for
 * each partition with something to read when a process begins.
 */
export class Caution {
  #note: Note = { begun: 0 };
  /** Where this process began, or got beyond. */
  #begunAt: bigint | undefined;
  /** What this process has noted as tried: it did not end by it. */
  #tried: bigint | undefined;
  /** Records before this offset are read one at a time. */
  #until = 0n;

  /**
   * The process begins to read at a position.
   * @param found what is noted beside it
   * @param ahead how many records may be under way
   * @returns what is to be noted; nothing where the process had begun there before
   */
  begins(position: bigint, found: Note, ahead: number): Note | undefined {
    const isAgain = this.#begunAt === position;
    this.#begunAt = position;
    this.#note = { ...found, begun: found.begun + (isAgain ? 0 : 1) };
    if (found.begun >= CAREFUL_AFTER) this.#until = position + BigInt(ahead);
    return isAgain ? undefined : this.#note;
  }

  /** Whether the record at this offset may be the one. */
  isNeeded(offset: bigint): boolean {
    return offset < this.#until;
  }

  /** Whether enough processes ended at it. */
  refuses(offset: bigint): boolean {
    const { tried } = this.#note;
    return tried?.offset === offset && tried.times >= ATTEMPTS;
  }

  /** What is to be noted before the record is given; nothing where it is noted already. */
  gives(offset: bigint): Note | undefined {
    if (this.#tried === offset) return undefined;
    const { begun, tried } = this.#note;
    const times = (tried?.offset === offset ? tried.times : 0) + 1;
    this.#tried = offset;
    this.#note = { begun, tried: { offset, times } };
    return this.#note;
  }

  /** What is to be noted once the record has been alone under way for {@link ALONE_MS}. */
  acquits(): Note {
    this.#note = { begun: this.#note.begun };
    return this.#note;
  }
}

/** One at a time in the whole process: two records under way, of whatever partitions, would be suspected both. */
export class Turn {
  #holder: object | undefined;

  /** @returns whether it is this one's now */
  take(holder: object): boolean {
    this.#holder ??= holder;
    return this.#holder === holder;
  }

  end(holder: object): void {
    if (this.#holder === holder) this.#holder = undefined;
  }
}

/** The record as one that whoever decodes it refuses. */
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
