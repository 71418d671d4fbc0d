import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSyncInstance } from '@photostructure/sqlite';
import { z } from 'zod';
import { LetheError } from '../../domain/errors.js';
import { closedError } from '../closedError.js';
import { damaged, fileError } from './errors.js';
import { APPLICATION_ID, FORMAT, TABLES } from './schema.js';

const FILE = 'lethe.db';
/** A process that has just ended may not have let go of the file yet. */
const PATIENCE_MS = 2000;

/** Pages of 4 KiB that the file of changes collects before they are put into their places. */
const CHECKPOINT_PAGES = 4000;

type Value = string | number | bigint | null | Uint8Array;

/** Where the file of a folder is, or will be. */
export function diskFileIn(folder: string): string {
  return join(folder, FILE);
}

/** How a change gets to the disk. */
export interface Writing {
  /**
   * Whether it must outlive the machine, also where its power fails: waits for the disk. Others outlive the process, whatever
   * happens to that.
   */
  readonly flushed?: boolean;
}

/**
 * The file in which one process keeps what it knows, a database of SQLite: changes are whole or not at all, in the order in which
 * they were made. Everything is synchronous, and done in one turn of the event loop.
 */
export class DiskFile {
  readonly path: string;
  readonly #database: InstanceType<typeof DatabaseSync>;
  readonly #statements = new Map<string, StatementSyncInstance>();
  /** Told when a write failed because of the disk, and with null when one succeeded again. */
  readonly #onWrites: (why: string | null) => void;
  #isWriting = false;
  #failed = false;

  /**
   * Opens the file in a folder; makes both where they are missing.
   * @throws LetheError `config-invalid` where another process has it, or it is damaged, foreign or of another format;
   *   `disk-full` where the folder can't be written
   */
  constructor(folder: string, onWrites: (why: string | null) => void = () => undefined) {
    this.path = diskFileIn(folder);
    this.#onWrites = onWrites;
    try {
      mkdirSync(folder, { recursive: true });
      this.#database = new DatabaseSync(this.path, { timeout: PATIENCE_MS });
    } catch (error) {
      throw unopened(error, this.path);
    }
    try {
      this.#begin();
    } catch (error) {
      this.#database.close();
      throw unopened(error, this.path);
    }
  }

  /**
   * Makes a change: what is written within is kept whole or not at all. Within another change it is part of that.
   * @throws LetheError `disk-full` where the disk does not take it, and what `change` throws; then nothing was written
   */
  write<T>(change: () => T, { flushed = false }: Writing = {}): T {
    if (this.#isWriting) return change();
    if (!this.#database.isOpen) throw closedError();
    this.#isWriting = true;
    try {
      if (flushed) this.#database.exec('PRAGMA synchronous=FULL');
      this.#database.exec('BEGIN IMMEDIATE');
      const result = change();
      this.#database.exec('COMMIT');
      if (this.#failed) this.#onWrites(null);
      this.#failed = false;
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      const known = fileError(error, this.path);
      if (known instanceof LetheError && known.code === 'disk-full') {
        this.#failed = true;
        this.#onWrites(known.message);
      }
      throw known;
    } finally {
      if (flushed) this.#database.exec('PRAGMA synchronous=NORMAL');
      this.#isWriting = false;
    }
  }

  /** Carries out one statement that changes something. */
  run(sql: string, ...values: readonly Value[]): void {
    this.#statement(sql).run(...values);
  }

  /** The rows that a query finds, each as the schema says. @throws LetheError `config-invalid` for a row that is not */
  rows<T>(schema: z.ZodType<T>, sql: string, ...values: readonly Value[]): T[] {
    return [...this.each(schema, sql, ...values)];
  }

  /** As {@link rows}, one at a time. */
  *each<T>(schema: z.ZodType<T>, sql: string, ...values: readonly Value[]): Generator<T, void, undefined> {
    try {
      for (const row of this.#statement(sql).iterate(...values)) yield this.#parsed(schema, row);
    } catch (error) {
      throw fileError(error, this.path);
    }
  }

  /** The first row that a query finds, if it finds one. */
  row<T>(schema: z.ZodType<T>, sql: string, ...values: readonly Value[]): T | undefined {
    try {
      const row: unknown = this.#statement(sql).get(...values);
      return row === undefined ? undefined : this.#parsed(schema, row);
    } catch (error) {
      throw fileError(error, this.path);
    }
  }

  /**
   * Writes the file anew, without a byte of what was deleted: also of what lay between two rows, or in the file of changes
   * beside it. Takes as long as writing all that is kept.
   * @throws LetheError `disk-full`; then it may still hold what was deleted
   */
  rewrite(): void {
    try {
      this.#database.exec('VACUUM');
      this.#checkpoint();
    } catch (error) {
      throw fileError(error, this.path);
    }
  }

  /** Leaves one whole file, and lets others have it. */
  close(): void {
    if (!this.#database.isOpen) return;
    this.#statements.clear();
    try {
      // The lock would else last until the statements are garbage, which hold the connection open.
      this.#database.exec('PRAGMA journal_mode=DELETE');
      this.#database.exec('PRAGMA locking_mode=NORMAL');
      this.#number('SELECT count(*) FROM sqlite_schema');
    } finally {
      this.#database.close();
    }
  }

  #begin(): void {
    // Exclusive before anything is read: then the file of changes needs no memory that is shared with others.
    this.#database.exec('PRAGMA locking_mode=EXCLUSIVE');
    this.#database.exec('PRAGMA journal_mode=WAL');
    this.#database.exec('PRAGMA synchronous=NORMAL');
    this.#database.exec('PRAGMA secure_delete=ON');
    this.#database.exec(`PRAGMA wal_autocheckpoint=${CHECKPOINT_PAGES}`);
    const isNew = this.#number('SELECT count(*) FROM sqlite_schema') === 0;
    if (isNew) this.#create();
    else this.#check();
  }

  #create(): void {
    this.write(() => {
      this.#database.exec(TABLES);
      this.#database.exec(`PRAGMA application_id=${APPLICATION_ID}`);
      this.#database.exec(`PRAGMA user_version=${FORMAT}`);
    });
  }

  #check(): void {
    if (this.#number('PRAGMA application_id') !== APPLICATION_ID)
      throw damaged(this.path, 'its header is not that of a file of Lethe');
    const format = this.#number('PRAGMA user_version');
    if (format !== FORMAT) throw otherFormat(this.path, format);
    const found = z
      .object({ quick_check: z.string() })
      .parse(this.#database.prepare('PRAGMA quick_check(1)').get()).quick_check;
    if (found !== 'ok') throw damaged(this.path, found);
  }

  #checkpoint(): void {
    this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  }

  #number(pragma: string): number {
    const row: unknown = this.#database.prepare(pragma).get();
    return z.int().parse(Object.values(z.record(z.string(), z.unknown()).parse(row))[0]);
  }

  #statement(sql: string): StatementSyncInstance {
    const known = this.#statements.get(sql);
    if (known) return known;
    const prepared = this.#database.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }

  #parsed<T>(schema: z.ZodType<T>, row: unknown): T {
    const parsed = schema.safeParse(row);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw damaged(this.path, `${issue?.path.join('.')}: ${issue?.message}`, parsed.error);
  }
}

/** What can't be opened won't be by trying again: it is a setting, or a person, that is wrong. */
function unopened(error: unknown, path: string): unknown {
  const known = fileError(error, path);
  if (known instanceof LetheError && known.code !== 'disk-full') return known;
  const why = error instanceof Error ? error.message : String(error);
  return new LetheError('config-invalid', `${path} can't be opened: ${why}`, {
    field: 'disk.folder',
    value: path,
    remedy: 'Make the folder writable, free space there, or set disk.folder to another one.',
    cause: error,
  });
}

function otherFormat(path: string, format: number): LetheError {
  return new LetheError(
    'config-invalid',
    `the file is of format ${format}; this version of Lethe reads ${FORMAT}`,
    {
      field: 'disk.folder',
      value: path,
      remedy: 'Run the version of Lethe that wrote it, or set disk.folder to another folder.',
    },
  );
}
