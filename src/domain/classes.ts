import type { ModelVersion } from './messages/model.js';
import type { FilesState } from './places.js';

/**
 * `learning`: announced; its samples arrive or its task trains, and no answer names it yet. `learned`: known; answers
 * may name it. `unlearned`: hidden; its vectors are in DB-MU, no answer names it, and the weights of the model have
 * seen it. `rebuilt`: the same, but the current model was made without it. `erased`: its vectors and all models that
 * saw it are gone, too; only its name is left.
 */
export const CLASS_STATES = ['learning', 'learned', 'unlearned', 'rebuilt', 'erased'] as const;
export type ClassState = (typeof CLASS_STATES)[number];

export const FORGOTTEN_STATES = ['unlearned', 'rebuilt', 'erased'] as const satisfies readonly ClassState[];
export type ForgottenState = (typeof FORGOTTEN_STATES)[number];
/** States in which no answer names the class. */
export const FORGOTTEN: readonly ClassState[] = [...FORGOTTEN_STATES];
/** States of these in which its vectors are in DB-MU. */
export const SUPPRESSED: readonly ClassState[] = ['unlearned', 'rebuilt'];

/** What the registry knows of one class. */
export interface ClassRecord {
  readonly name: string;
  readonly state: ClassState;
  /** The task that introduced the class. */
  readonly task: string;
  /** Number of the class's vectors when its task was complete: n_c of Eq. 7. */
  readonly count: number;
  /** Mean of the class's unit vectors, mu_c of Eq. 8-9; null until its task is complete. Shape [dimension]. */
  readonly centroid: Float32Array | null;
  /** Vectors deleted since the last model that never saw them: the current weights have seen them. Absent if none. */
  readonly withdrawn?: number;
  /** Id of the command that asked for the class to be erased, until it is. */
  readonly erasing?: string;
  /** Progress of its last erasure. Absent if the class was never erased, or was learned again. */
  readonly erasure?: Erasure;
  /** The state to which a relearned class returns if its task fails. Absent if the class is new, or not `learning`. */
  readonly before?: ForgottenState;
}

/** Progress of the erasure of a class: what must be checked until it is complete. */
export interface Erasure {
  /** Id of the command that asked for it. */
  readonly commandId: string;
  /**
   * Version of the registry at which the class was erased. A worker that checked at this version or later has checked
   * for the class.
   */
  readonly since: number;
  /** When it was erased, RFC 3339. */
  readonly at: string;
  readonly files: FilesState;
  /** Whether Lethe has reported that every place was checked. */
  readonly completed: boolean;
}

/**
 * `open`: its samples arrive or it trains. `finished`: its model is current, but the events may not be written yet.
 * `told`: its events and its model version are written.
 */
export const TASK_STATES = ['open', 'finished', 'told'] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** What the registry knows of one task: enough to continue it after a restart. */
export interface TaskRecord {
  readonly name: string;
  readonly state: TaskState;
  /** The classes that its learn command named. */
  readonly classes: readonly string[];
  /** How many samples its learn command promised. */
  readonly samples: number;
}

/** The level of the filter, as calibrated on the databases. */
export interface FilterLevel {
  /** Name of the filter to which it belongs. */
  readonly filter: string;
  readonly level: number;
  /** Only of the filter that also searches near the level of its detector. */
  readonly refinement?: {
    /** Weight of the score of the search, relative to that of the detector. */
    readonly weight: number;
    /** Distance from the level of the detector within which an input is searched for. */
    readonly band: number;
    /** Identifies the detector and the states of the classes for which the level is valid. */
    readonly basis: string;
  };
}

/**
 * Everything on which workers must agree, at one version. Each change increments the version; a snapshot never
 * changes.
 */
export interface RegistrySnapshot {
  readonly version: number;
  /** In the order in which they were first seen. */
  readonly classes: ReadonlyMap<string, ClassRecord>;
  readonly tasks: ReadonlyMap<string, TaskRecord>;
  /** The current model; null before the first task. */
  readonly model: ModelVersion | null;
  /** Null before the first calibration. */
  readonly filterLevel: FilterLevel | null;
  /** SHA-256 of the detector that was made from the stored vectors, in hexadecimal; null where there is none. */
  readonly detector: string | null;
  /** Similarity to the nearest vectors below which an input is unknown; null before it was calibrated. */
  readonly knownLevel: number | null;
}

/** The registry before anything happened. */
export const EMPTY_REGISTRY: RegistrySnapshot = {
  version: 0,
  classes: new Map(),
  tasks: new Map(),
  model: null,
  filterLevel: null,
  detector: null,
  knownLevel: null,
};

/** Whether the class is in one of the states {@link FORGOTTEN}. */
export function isForgotten(record: ClassRecord): record is ClassRecord & { readonly state: ForgottenState } {
  return FORGOTTEN.includes(record.state);
}

/**
 * Whether a task of this name is open or has learned something. A failed task does not count, even if something of it
 * was forgotten.
 */
export function isTaskKnown(
  task: string,
  { tasks, classes }: Pick<RegistrySnapshot, 'tasks' | 'classes'>,
): boolean {
  return (
    tasks.has(task) || [...classes.values()].some((record) => record.task === task && !isForgotten(record))
  );
}

/** Classes of open tasks: such a task may be training with their vectors. */
export function openClasses({ tasks }: Pick<RegistrySnapshot, 'tasks'>): ReadonlySet<string> {
  return new Set([...tasks.values()].flatMap(({ state, classes }) => (state === 'open' ? classes : [])));
}

/** The classes of `snapshot` in one of the given states, in the order in which they were first seen. */
export function classesIn(
  snapshot: Pick<RegistrySnapshot, 'classes'>,
  ...states: readonly ClassState[]
): ClassRecord[] {
  return [...snapshot.classes.values()].filter(({ state }) => states.includes(state));
}
