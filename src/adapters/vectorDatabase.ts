/** `cil`: what is known (DB-CIL); `mu`: what was unlearned (DB-MU). */
export type DatabaseName = 'cil' | 'mu';

/** A stored embedding. */
export interface VectorRecord {
  readonly id: string;
  readonly className: string;
  readonly task: string;
  /** Unit vector, shape [dimension]. */
  readonly vector: Float32Array;
  /** Whom the sample is of or about, e.g. a customer: found by {@link VectorDatabase.idsOf}, given back by no reader. */
  readonly subject?: string;
}

/** A neighbour found by KNN. */
export interface Neighbour {
  readonly id: string;
  readonly className: string;
  /** Cosine similarity, -1 to 1. */
  readonly similarity: number;
}

/** Which vectors an operation is about. */
export interface VectorFilter {
  readonly database?: DatabaseName;
  readonly classes?: readonly string[];
}

export interface KnnOptions extends VectorFilter {
  readonly k: number;
  readonly database: DatabaseName;
  /** Nobody waits for it: other searches go first. */
  readonly background?: boolean;
}

/** The vector databases DB-CIL and DB-MU: every id lies in exactly one of them. */
export interface VectorDatabase {
  /** Components of every vector. */
  readonly dimension: number;
  /**
   * Inserts or replaces by id. An id that lies in the other database is moved here.
   * @throws LetheError `wrong-dimension`; then nothing is stored
   */
  upsert(database: DatabaseName, records: readonly VectorRecord[]): Promise<void>;
  /** The records of these ids that exist, in no particular order, each with its database. */
  get(ids: readonly string[]): Promise<(VectorRecord & { readonly database: DatabaseName })[]>;
  count(filter?: VectorFilter): Promise<number>;
  /** The classes of which vectors are stored, in whichever database, and how many of each. */
  classes(): Promise<ReadonlyMap<string, number>>;
  /**
   * Exact or approximate k nearest neighbours by cosine similarity, most similar first.
   * @param queries unit vectors, shape [n, dimension]
   * @returns n lists of at most k neighbours
   */
  knn(queries: Float32Array, options: KnnOptions): Promise<Neighbour[][]>;
  /** Moves all vectors of these classes from one database to the other atomically; returns how many, by class. */
  move(
    classes: readonly string[],
    from: DatabaseName,
    to: DatabaseName,
  ): Promise<ReadonlyMap<string, number>>;
  /** Deletes the matching vectors; returns how many. */
  delete(filter: VectorFilter): Promise<number>;
  /** Ids of the vectors that were stored with this subject. */
  idsOf(subject: string): Promise<string[]>;
  /**
   * Deletes vectors by id for good: the ids are remembered, and never stored again.
   * @returns how many were deleted, by class
   */
  withdraw(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Which of these ids were withdrawn. */
  withdrawn(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Every matching vector once, in batches of at most `batchSize`. */
  scan(filter: VectorFilter, batchSize?: number): AsyncIterable<readonly VectorRecord[]>;
}
