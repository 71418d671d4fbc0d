import type { ClassRecord, RegistrySnapshot } from '../domain/classes.js';
import type { VectorDatabase } from './vectorDatabase.js';

/** A change of the classes: records to be put (by name) and names to be dropped. */
export interface RegistryChange {
  readonly put?: readonly ClassRecord[];
  readonly drop?: readonly string[];
  /** The command that caused the change; recorded in the same transaction, so that it is never carried out twice. */
  readonly commandId?: string;
}

/** The versioned registry of classes and of the commands carried out. */
export interface ClassRegistry {
  /** The newest state known to this process. Cheap: called for every query. */
  snapshot(): RegistrySnapshot;
  /** Applies the change atomically; the version grows by one. A change of a command carried out before is not applied. */
  commit(change: RegistryChange): Promise<RegistrySnapshot>;
  /** Whether the command of this id was carried out. */
  wasProcessed(commandId: string): Promise<boolean>;
}

/** One class's way between the databases, and the record it has afterwards. */
export interface Migration {
  readonly from: 'cil' | 'mu';
  readonly to: 'cil' | 'mu';
  /** Records after the move; all vectors of these classes in `from` are moved. */
  readonly classes: readonly ClassRecord[];
  readonly commandId: string;
}

/** What a migration did. */
export interface MigrationResult {
  /** Vectors moved, by class name. */
  readonly moved: ReadonlyMap<string, number>;
  readonly snapshot: RegistrySnapshot;
}

/** DB-CIL, DB-MU and the registry, which change together. */
export interface KnowledgeStore {
  readonly vectors: VectorDatabase;
  readonly registry: ClassRegistry;
  /** Moves the vectors, changes the registry and records the command in one transaction: readers see all or nothing. A command carried out before moves nothing. */
  migrate(migration: Migration): Promise<MigrationResult>;
  close(): Promise<void>;
}
