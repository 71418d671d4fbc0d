import { z } from 'zod';

/**
 * A folder that may hold copies of models, as reported by the worker that uses it. Its id lies in the folder: a
 * worker that restarts with its volume is the same holder, and one with a new folder is another.
 */
export const holderSchema = z.object({
  id: z.string().min(1),
  /** The worker that used it last. */
  worker: z.string(),
  folder: z.string(),
  /** Time of the last report of that worker, RFC 3339, by its clock. */
  seenAt: z.string(),
  /**
   * The worker has removed what it held of all classes that were erased at this version of the registry, has checked,
   * and found nothing of them. 0 if it has not checked, or found something.
   */
  confirmed: z.int().nonnegative(),
  /** Time of its last check; null before the first. */
  lookedAt: z.string().nullable(),
  /** What the last check found of erased classes: names of checkpoints, and of remains of them. */
  holds: z.array(z.string()),
});
export type Holder = z.infer<typeof holderSchema>;

/** A known holder. */
export interface KnownHolder extends Holder {
  /** Whether a person declared it gone since its last report. */
  readonly gone: boolean;
}

/** A declaration that a holder is gone. It is valid until the holder reports again, at another time than this. */
export interface HolderGone {
  readonly id: string;
  /** {@link Holder.seenAt} when it was declared. */
  readonly seenAt: string;
}
