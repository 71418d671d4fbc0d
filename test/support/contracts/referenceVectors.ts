import type { DatabaseName, VectorFilter, VectorRecord } from '../../../src/adapters/vectorDatabase.js';
import { dot } from '../../../src/domain/vector.js';

type Stored = VectorRecord & { readonly database: DatabaseName };

/** The vector databases as plainly as possible: a map by id, and every question answered by looking at all of it. */
export class ReferenceVectors {
  readonly #byId = new Map<string, Stored>();

  upsert(database: DatabaseName, records: readonly VectorRecord[]): void {
    for (const record of records) this.#byId.set(record.id, { ...record, database });
  }

  matching({ database, classes }: VectorFilter): Stored[] {
    return [...this.#byId.values()].filter(
      (record) =>
        (!database || record.database === database) && (!classes || classes.includes(record.className)),
    );
  }

  /** Similarities of all matching vectors by id. */
  similarities(query: Float32Array, filter: VectorFilter): Map<string, number> {
    return new Map(this.matching(filter).map(({ id, vector }) => [id, dot(query, vector)]));
  }

  move(classes: readonly string[], from: DatabaseName, to: DatabaseName): Map<string, number> {
    return new Map(
      classes.map((className) => {
        const moving = this.matching({ database: from, classes: [className] });
        for (const record of moving) this.#byId.set(record.id, { ...record, database: to });
        return [className, moving.length];
      }),
    );
  }

  delete(filter: VectorFilter): number {
    const deleted = this.matching(filter);
    for (const { id } of deleted) this.#byId.delete(id);
    return deleted.length;
  }
}
