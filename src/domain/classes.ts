import { z } from 'zod';

/** A class label: what samples are keyed by and predictions name. */
export const classNameSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]+$/u, 'control characters are not allowed');

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

/** All classes at one version. Versions grow by one with every change; a snapshot never changes. */
export interface RegistrySnapshot {
  readonly version: number;
  readonly classes: ReadonlyMap<string, ClassRecord>;
}

/** The classes of `snapshot` in the given state, in the order in which they were first seen. */
export function classesIn(snapshot: RegistrySnapshot, state: ClassState): ClassRecord[] {
  return [...snapshot.classes.values()].filter((record) => record.state === state);
}
