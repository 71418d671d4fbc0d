import { z } from 'zod';

/**
 * A folder that may hold copies of models, as the worker that uses it tells of it. It is known by an id that lies in the folder:
 * a worker that is started again with its volume is the same holder, one with a new folder is another.
 */
export const holderSchema = z.object({
  id: z.string().min(1),
  /** The worker that used it last. */
  worker: z.string(),
  folder: z.string(),
  /** When that worker last told of itself, RFC 3339, by its clock. */
  seenAt: z.string(),
  /**
   * The worker has removed what it held of all classes that were erased at this version of the registry, has looked, and found
   * nothing of them. 0 while it has not looked, or where it found something.
   */
  confirmed: z.int().nonnegative(),
  /** When it looked last; null before it did. */
  lookedAt: z.string().nullable(),
  /** What it found of erased classes then: names of checkpoints, and of what is left of them. */
  holds: z.array(z.string()),
});
export type Holder = z.infer<typeof holderSchema>;

/** A holder that is known of. */
export interface KnownHolder extends Holder {
  /** Whether a person declared it gone since it last told of itself. */
  readonly gone: boolean;
}

/** A declaration that a holder is gone: it stands until the holder tells of itself again, at another time than this. */
export interface HolderGone {
  readonly id: string;
  /** {@link Holder.seenAt} when it was declared. */
  readonly seenAt: string;
}
