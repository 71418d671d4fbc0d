import type { ClassRecord, FilterLevel, RegistrySnapshot, TaskRecord } from '../domain/classes.js';
import type { HolderGone } from '../domain/holders.js';
import type { EventOf, ForwardReport } from '../domain/messages/event.js';
import type { ModelVersion } from '../domain/messages/model.js';
import type { FileRewrite } from '../domain/places.js';
import type { Holders } from './holders.js';
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
  /** What was noted of the refused samples of a task goes once it is put as one that is not open. */
  readonly putTasks?: readonly TaskRecord[];
  /** Tasks to be dropped; what was noted of their refused samples goes too. */
  readonly dropTasks?: readonly string[];
  readonly model?: ModelVersion;
  readonly filterLevel?: FilterLevel;
  readonly knownLevel?: number;
  /** The detector made from the stored vectors, in the place of the one before; null drops that. */
  readonly detector?: Uint8Array | null;
  /** Holders that were declared gone. */
  readonly holdersGone?: readonly HolderGone[];
  readonly command?: CommandNote;
}

/**
 * Computes a change from the newest state. It may be called again, with a newer state, where the registry changed
 * meanwhile; it must have no effects. Null changes nothing. A throw ends the change; nothing is written.
 */
export type Decide<C> = (snapshot: RegistrySnapshot) => C;

/** A sample that became a dead letter. */
export interface RefusedSample {
  /** Its id, where it has one that can be read: what a corrected sample is known by. */
  readonly id?: string | undefined;
  /** Where its record lies, `topic/partition/offset`. */
  readonly position: string;
}

/** How many samples of a task were refused and not stored since. */
export interface RefusedCounts {
  /** Distinct ids. */
  readonly named: number;
  /** Records that can't be told by an id: without one, or with that of another sample, which is stored. */
  readonly nameless: number;
}

/** The versioned registry of classes, tasks, the model and the commands carried out. */
export interface ClassRegistry {
  /** The newest state known to this process: cheap, may be older than what another worker wrote. */
  snapshot(): RegistrySnapshot;
  /**
   * The state of the store at or after this call: what *read your unlearn* rests on. Never an older one than was given out
   * before, or is demanded: where the store went back, it waits, as all changes do.
   */
  refresh(): Promise<RegistrySnapshot>;
  /**
   * Nothing older than this version is given out from now on: whoever knows that there was a newer state says so here.
   * A lower one than before changes nothing.
   */
  demand(version: number): void;
  /**
   * Applies a change atomically; the version grows by one. A change of a command carried out before is not applied.
   * @returns the state after the change (or the newest, where nothing was changed)
   */
  update(decide: Decide<RegistryChange | null>): Promise<RegistrySnapshot>;
  /** The receipt of a command that was carried out; null of one that was not. */
  receipt(commandId: string): Promise<CommandReceipt | null>;
  /** Notes samples of a task that were refused. Idempotent; an id that is stored, now or later, is not counted. */
  noteRefused(task: string, samples: readonly RefusedSample[]): Promise<void>;
  refusedOf(task: string): Promise<RefusedCounts>;
}

/** Classes' way between the databases, and the records they have afterwards. */
export interface Migration {
  readonly from: 'cil' | 'mu';
  readonly to: 'cil' | 'mu';
  /** Records after the move; all vectors of these classes in `from` are moved. */
  readonly classes: readonly ClassRecord[];
  /** Tasks that are opened with it. */
  readonly putTasks?: readonly TaskRecord[];
  /** Names of classes that are dropped with it; their vectors stay. */
  readonly drop?: readonly string[];
  /** Tasks that are dropped with it, as {@link RegistryChange.dropTasks}. */
  readonly dropTasks?: readonly string[];
  /** The command that asks for it; left out of what is no command's doing. */
  readonly command?: CommandNote;
}

/** What a migration did. */
export interface MigrationResult {
  /** Vectors moved, by class name; empty where the command had been carried out before. */
  readonly moved: ReadonlyMap<string, number>;
  readonly snapshot: RegistrySnapshot;
}

/** What commands need of a store. */
export type Changeable = Pick<KnowledgeStore, 'vectors' | 'registry' | 'migrate' | 'withdraw'>;

/** How new the store is, against what this process knows of it. */
export interface Standing {
  /** Version of the registry that the store holds. */
  readonly found: number;
  /** The newest that was seen or demanded, here or by the learner that began to bring the store forward. */
  readonly known: number;
  /** Whether the store went back, and was not brought forward since. */
  readonly isBehind: boolean;
  /** Whether a learner has looked at the store since its server was started, or took the place of another. */
  readonly isVerified: boolean;
  /** Which run of the server was looked at; null where that is not known. */
  readonly run: string | null;
}

/**
 * What a store holds however old that is, and how it catches up: a store that was restored from a backup, or whose replica
 * took over before it had everything, holds an older state than was told of.
 */
export interface StoreHistory {
  standing(): Promise<Standing>;
  /**
   * The learner has looked: what the server holds is at what was told.
   * @param run that it looked at; another one may have begun since
   */
  verify(run: Standing['run']): Promise<void>;
  /**
   * From now on this process waits for a server that no learner has looked at: what it holds may be older than what was told
   * to others, of which this process need not know yet.
   */
  onlyVerified(): void;
  /**
   * Holds up everybody, also who knows nothing newer, until {@link bringForward}; a learner that dies meanwhile leaves it so.
   * @param missing ids of commands that the store does not know
   * @returns all that were missing since the store went back, also those that a learner that died has carried out again
   */
  hold(known: number, missing?: readonly string[]): Promise<ReadonlySet<string>>;
  /** The store as it is now: for the learner alone, to carry out again what is missing. Nobody may answer from it. */
  readonly asItIs: Changeable;
  /**
   * Lifts the registry's version above all that anyone has seen, so that whoever waits goes on with this state. The report is
   * kept in the same step: whoever is the learner then has to write it.
   */
  bringForward(report: ForwardReport): Promise<void>;
  /** The report that nobody has said to be written yet, with the version that {@link bringForward} made; else null. */
  unreported(): Promise<EventOf<'store-brought-forward'> | null>;
  /** The report is written. */
  reported(): Promise<void>;
}

/** DB-CIL, DB-MU and the registry, which change together. */
export interface KnowledgeStore {
  readonly vectors: VectorDatabase;
  readonly registry: ClassRegistry;
  /** Who may learn. A process that never asked for it is not held to it. */
  readonly lease: LearnerLease;
  /** Folders of workers that may hold copies of models. */
  readonly holders: Holders;
  /** Null of one that only this process reaches: what was told of it lies beside it, and goes back with it where it does. */
  readonly history: StoreHistory | null;
  /**
   * Moves the vectors, changes the registry and records the command in one transaction: readers see all or nothing.
   * A command carried out before moves nothing.
   */
  migrate(decide: Decide<Migration>): Promise<MigrationResult>;
  /**
   * Inserts into DB-CIL provided that the registry is still at this version, in one transaction: samples that were
   * judged by an older state (say, of a class unlearned meanwhile) do not get in. What is stored no longer counts as refused.
   * @returns false, and nothing is stored, where the registry has changed, or one of the ids was withdrawn
   * @throws LetheError `wrong-dimension`
   */
  insert(records: readonly VectorRecord[], registryVersion: number): Promise<boolean>;
  /**
   * As {@link VectorDatabase.withdraw}; in the same step each that is deleted counts as refused by the task that its class
   * is learned in, which must not wait for it.
   * @param learning the tasks of classes that are being learned, by class
   */
  withdraw(
    ids: readonly string[],
    learning: ReadonlyMap<string, string>,
  ): Promise<ReadonlyMap<string, number>>;
  /** The detector that the registry names; null where it has another one by now, or none. */
  detector(sha256: string): Promise<Uint8Array | null>;
  /** Has the store write its files without what was deleted, and waits for it. */
  rewriteFiles(): Promise<FileRewrite>;
  /** Resolves when the store can be reached; adapters within this process always can. Never rejects but after `close`. */
  ready(): Promise<void>;
  close(): Promise<void>;
}
