import type { ModelVersion } from './messages/model.js';

/**
 * `learning`: announced, its samples are arriving or its task is training; not yet answered with.
 * `learned`: known and answered with. `unlearned`: suppressed; vectors in DB-MU, no answer names it.
 */
export const CLASS_STATES = ['learning', 'learned', 'unlearned'] as const;
export type ClassState = (typeof CLASS_STATES)[number];

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
}

/** The registry before anything happened. */
export const EMPTY_REGISTRY: RegistrySnapshot = {
  version: 0,
  classes: new Map(),
  tasks: new Map(),
  model: null,
  filterLevel: null,
};

/** The classes of `snapshot` in the given state, in the order in which they were first seen. */
export function classesIn(snapshot: Pick<RegistrySnapshot, 'classes'>, state: ClassState): ClassRecord[] {
  return [...snapshot.classes.values()].filter((record) => record.state === state);
}
