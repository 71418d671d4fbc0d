import type { ClassRecord, FilterLevel, RegistrySnapshot, TaskRecord } from '../domain/classes.js';
import type { ModelVersion } from '../domain/messages/model.js';
import type { LearnerLease } from './learnerLease.js';
import type { VectorDatabase, VectorRecord } from './vectorDatabase.js';

/** The command that causes a change. It is recorded in the transaction of the change, so that it is carried out once. */
export interface CommandNote {
  readonly id: string;
  /** Where the command was read, `topic/partition/offset`: tells a redelivery after a crash from a command sent twice. */
  readonly position: string;
  /** What the event that tells of the command needs beside the receipt; plain JSON. */
  readonly details: unknown;
}

/** What is known of a command that was carried out. */
export interface CommandReceipt extends CommandNote {
  /** Version of the registry that the command made. */
  readonly registryVersion: number;
  /** Vectors moved, by class name; empty for commands that move none. */
  readonly moved: ReadonlyMap<string, number>;
}

/** A change of the registry: records to be put (by name), names to be dropped. */
export interface RegistryChange {
  readonly put?: readonly ClassRecord[];
  readonly drop?: readonly string[];
  readonly putTasks?: readonly TaskRecord[];
  /** Tasks to be dropped; what was noted of their refused samples goes too. */
  readonly dropTasks?: readonly string[];
  readonly model?: ModelVersion;
  readonly filterLevel?: FilterLevel;
  readonly knownLevel?: number;
  readonly command?: CommandNote;
}

/**
 * Computes a change from the newest state. It may be called again, with a newer state, where the registry changed
 * meanwhile; it must have no effects. Null changes nothing. A throw ends the change; nothing is written.
 */
export type Decide<C> = (snapshot: RegistrySnapshot) => C;

/** The versioned registry of classes, tasks, the model and the commands carried out. */
export interface ClassRegistry {
  /** The newest state known to this process: cheap, may be older than what another worker wrote. */
  snapshot(): RegistrySnapshot;
  /** The state of the store at or after this call: what *read your unlearn* rests on. */
  refresh(): Promise<RegistrySnapshot>;
  /**
   * Applies a change atomically; the version grows by one. A change of a command carried out before is not applied.
   * @returns the state after the change (or the newest, where nothing was changed)
   */
  update(decide: Decide<RegistryChange | null>): Promise<RegistrySnapshot>;
  /** The receipt of a command that was carried out; null of one that was not. */
  receipt(commandId: string): Promise<CommandReceipt | null>;
  /** Notes samples of a task that were refused, by position: they arrived, so the task does not wait for them. Idempotent. */
  noteRefused(task: string, positions: readonly string[]): Promise<void>;
  /** How many distinct samples of the task were noted as refused. */
  refusedOf(task: string): Promise<number>;
}

/** Classes' way between the databases, and the records they have afterwards. */
export interface Migration {
  readonly from: 'cil' | 'mu';
  readonly to: 'cil' | 'mu';
  /** Records after the move; all vectors of these classes in `from` are moved. */
  readonly classes: readonly ClassRecord[];
  /** Tasks that are opened with it. */
  readonly putTasks?: readonly TaskRecord[];
  readonly command: CommandNote;
}

/** What a migration did. */
export interface MigrationResult {
  /** Vectors moved, by class name; empty where the command had been carried out before. */
  readonly moved: ReadonlyMap<string, number>;
  readonly snapshot: RegistrySnapshot;
}

/**
 * Whether files that hold what was deleted are written anew: `begun` in the background; `refused` where the store's user
 * may not ask for it; `none` where there are no files.
 */
export type FileRewrite = 'begun' | 'refused' | 'none';

/** DB-CIL, DB-MU and the registry, which change together. */
export interface KnowledgeStore {
  readonly vectors: VectorDatabase;
  readonly registry: ClassRegistry;
  /** Who may learn. A process that never asked for it is not held to it. */
  readonly lease: LearnerLease;
  /**
   * Moves the vectors, changes the registry and records the command in one transaction: readers see all or nothing.
   * A command carried out before moves nothing.
   */
  migrate(decide: Decide<Migration>): Promise<MigrationResult>;
  /**
   * Inserts into DB-CIL provided that the registry is still at this version, in one transaction: samples that were
   * judged by an older state (say, of a class unlearned meanwhile) do not get in.
   * @returns false, and nothing is stored, where the registry has changed, or one of the ids was withdrawn
   * @throws LetheError `wrong-dimension`
   */
  insert(records: readonly VectorRecord[], registryVersion: number): Promise<boolean>;
  /** Has the store write its files without what was deleted. */
  rewriteFiles(): Promise<FileRewrite>;
  /** Resolves when the store can be reached; adapters in memory always can. Never rejects but after `close`. */
  ready(): Promise<void>;
  close(): Promise<void>;
}
