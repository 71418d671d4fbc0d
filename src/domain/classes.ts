import type { ModelVersion } from './messages/model.js';
import type { FilesState } from './places.js';

/**
 * `learning`: announced, its samples are arriving or its task is training; not yet answered with.
 * `learned`: known and answered with. `unlearned`: suppressed; vectors in DB-MU, no answer names it, the model's weights
 * have seen it. `rebuilt`: as that, but the model that answers was made without it. `erased`: its vectors and all models
 * that saw it are gone, too; its name is what is left.
 */
export const CLASS_STATES = ['learning', 'learned', 'unlearned', 'rebuilt', 'erased'] as const;
export type ClassState = (typeof CLASS_STATES)[number];

export const FORGOTTEN_STATES = ['unlearned', 'rebuilt', 'erased'] as const satisfies readonly ClassState[];
export type ForgottenState = (typeof FORGOTTEN_STATES)[number];
/** States in which no answer names the class. */
export const FORGOTTEN: readonly ClassState[] = [...FORGOTTEN_STATES];
/** Those of them in which its vectors lie in DB-MU. */
export const SUPPRESSED: readonly ClassState[] = ['unlearned', 'rebuilt'];

/** What the registry knows of one class. */
export interface ClassRecord {
  readonly name: string;
  readonly state: ClassState;
  /** The task that brought (or brings) the class. */
  readonly task: string;
  /** Number of the class's vectors when its task was complete: n_c of Eq. 7. */
  readonly count: number;
  /** Mean of the class's unit vectors, mu_c of Eq. 8-9; null until its task is complete. Shape [dimension]. */
  readonly centroid: Float32Array | null;
  /** Vectors that were deleted since a model was made that never saw them: the weights still do. None where left out. */
  readonly withdrawn?: number;
  /** Id of the command that asked for the class to be erased, until it is. */
  readonly erasing?: string;
  /** How its last erasure stands. Left out of a class that was never erased, and of one that was learned anew. */
  readonly erasure?: Erasure;
  /** What a class that is learned again goes back to where its task fails. Left out of one that is new, or not `learning`. */
  readonly before?: ForgottenState;
}

/** What is kept of the erasure of a class: what has to be looked at until it is complete, and later. */
export interface Erasure {
  /** Id of the command that asked for it. */
  readonly commandId: string;
  /** Version of the registry at which the class was erased: who looked at it or later has looked for the class. */
  readonly since: number;
  /** When it was erased, RFC 3339. */
  readonly at: string;
  readonly files: FilesState;
  /** Whether it was told that every place was looked at. */
  readonly completed: boolean;
}

/**
 * `open`: its samples are arriving or it trains. `finished`: its model is current, which may not have been told yet.
 * `told`: the events and the model version of it were written.
 */
export const TASK_STATES = ['open', 'finished', 'told'] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** What the registry knows of one task: enough to go on with it after a restart. */
export interface TaskRecord {
  readonly name: string;
  readonly state: TaskState;
  /** The classes that its learn command named. */
  readonly classes: readonly string[];
  /** How many samples its learn command promised. */
  readonly samples: number;
}

/** The filter's level, as it was calibrated on the databases. */
export interface FilterLevel {
  /** Name of the filter that it belongs to. */
  readonly filter: string;
  readonly level: number;
  /** Of the filter that searches near the level of its detector alone. */
  readonly refinement?: {
    /** What the score of the search counts beside that of the detector. */
    readonly weight: number;
    /** How near to the detector's level an input is searched for. */
    readonly band: number;
    /** Tells for which detector and which sides of the classes the level is. */
    readonly basis: string;
  };
}

/** Everything that workers must agree on, at one version. Versions grow by one with every change; a snapshot never changes. */
export interface RegistrySnapshot {
  readonly version: number;
  /** In the order in which they were first seen. */
  readonly classes: ReadonlyMap<string, ClassRecord>;
  readonly tasks: ReadonlyMap<string, TaskRecord>;
  /** The model that answers; null before the first task. */
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

/** Whether a task of this name is under way or has learned something. One that failed is not, whatever of it was forgotten. */
export function isTaskKnown(
  task: string,
  { tasks, classes }: Pick<RegistrySnapshot, 'tasks' | 'classes'>,
): boolean {
  return (
    tasks.has(task) || [...classes.values()].some((record) => record.task === task && !isForgotten(record))
  );
}

/** Classes that tasks name which are under way: such a task may be training with their vectors. */
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
