import type { MemoryVectors } from '../../memory/store/memoryVectors.js';
import { refuseWrongDimensions } from '../../vectorChecks.js';
import type {
  DatabaseName,
  KnnOptions,
  Neighbour,
  VectorDatabase,
  VectorFilter,
  VectorRecord,
} from '../../vectorDatabase.js';
import type { DiskFile } from '../file.js';
import { bytesOf, classOfRow, countRow, numberRow } from './rows.js';

/** DB-CIL and DB-MU: searched in memory, kept in the file. What changes is written first, and then done in memory. */
export class DiskVectors implements VectorDatabase {
  readonly dimension: number;

  constructor(
    private readonly file: DiskFile,
    private readonly memory: MemoryVectors,
  ) {
    this.dimension = memory.dimension;
  }

  async upsert(database: DatabaseName, records: readonly VectorRecord[]): Promise<void> {
    refuseWrongDimensions(records, this.dimension);
    this.file.write(() => this.keep(database, records));
    this.memory.upsertNow(database, records);
  }

  get(ids: readonly string[]): Promise<(VectorRecord & { readonly database: DatabaseName })[]> {
    return this.memory.get(ids);
  }

  count(filter?: VectorFilter): Promise<number> {
    return this.memory.count(filter);
  }

  classes(): Promise<ReadonlyMap<string, number>> {
    return this.memory.classes();
  }

  knn(queries: Float32Array, options: KnnOptions): Promise<Neighbour[][]> {
    return this.memory.knn(queries, options);
  }

  async move(
    classes: readonly string[],
    from: DatabaseName,
    to: DatabaseName,
  ): Promise<ReadonlyMap<string, number>> {
    this.file.write(() => this.keepMoved(classes, from, to));
    return this.memory.moveNow(classes, from, to);
  }

  async delete({ database, classes }: VectorFilter): Promise<number> {
    const [where, values] = database === undefined ? ['', []] : ['database = ?', [database]];
    this.file.write(() => {
      if (!classes) this.#deleteWhere(where === '' ? 'true' : where, values);
      for (const name of new Set(classes))
        this.#deleteWhere(where === '' ? 'class = ?' : `class = ? AND ${where}`, [name, ...values]);
    });
    return this.memory.delete({ ...(database && { database }), ...(classes && { classes }) });
  }

  idsOf(subject: string): Promise<string[]> {
    return this.memory.idsOf(subject);
  }

  async withdraw(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    this.file.write(() => this.keepWithdrawn(ids));
    return this.memory.withdrawNow(ids);
  }

  withdrawn(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.memory.withdrawn(ids);
  }

  scan(filter: VectorFilter, batchSize?: number): AsyncIterable<readonly VectorRecord[]> {
    return this.memory.scan(filter, batchSize);
  }

  /** Writes vectors, as part of a change. */
  keep(database: DatabaseName, records: readonly VectorRecord[]): void {
    for (const { id, className, task, subject = null, vector } of records) {
      const placed = this.file.row(
        numberRow,
        `INSERT INTO vector (id, database, class, task, subject) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE
         SET database = excluded.database, class = excluded.class, task = excluded.task, subject = excluded.subject
         RETURNING n`,
        id,
        database,
        className,
        task,
        subject,
      );
      this.file.run(
        'INSERT INTO embedding (n, vector) VALUES (?, ?) ON CONFLICT (n) DO UPDATE SET vector = excluded.vector',
        placed?.n ?? null,
        bytesOf(vector),
      );
    }
  }

  /** Writes that classes are in the other database, as part of a change. @returns how many vectors, by class */
  keepMoved(classes: readonly string[], from: DatabaseName, to: DatabaseName): ReadonlyMap<string, number> {
    return new Map(
      classes.map((name) => {
        const found = this.file.row(
          countRow,
          'SELECT count(*) AS count FROM vector WHERE class = ? AND database = ?',
          name,
          from,
        );
        this.file.run('UPDATE vector SET database = ? WHERE class = ? AND database = ?', to, name, from);
        return [name, found?.count ?? 0];
      }),
    );
  }

  /**
   * Writes that vectors are withdrawn, as part of a change.
   * @param onDeleted told of each that was there
   */
  keepWithdrawn(
    ids: readonly string[],
    onDeleted: (id: string, className: string) => void = () => undefined,
  ): void {
    for (const id of ids) {
      this.file.run('INSERT OR IGNORE INTO withdrawn (id) VALUES (?)', id);
      const found = this.file.row(classOfRow, 'SELECT class FROM vector WHERE id = ?', id);
      if (!found) continue;
      this.#deleteWhere('id = ?', [id]);
      onDeleted(id, found.class);
    }
  }

  #deleteWhere(condition: string, values: readonly string[]): void {
    this.file.run(`DELETE FROM embedding WHERE n IN (SELECT n FROM vector WHERE ${condition})`, ...values);
    this.file.run(`DELETE FROM vector WHERE ${condition}`, ...values);
  }
}
