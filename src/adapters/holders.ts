import type { Holder, KnownHolder } from '../domain/holders.js';

/**
 * What the workers of a deployment tell of the folders in which they keep copies of models. It lies beside the registry, so that an
 * erasure can ask who may hold something, and does not change its version.
 */
export interface Holders {
  list(): Promise<readonly KnownHolder[]>;
  /** Says how a holder stands, in the place of what was said of it before. Anyone may: it is no learner's alone. */
  note(holder: Holder): Promise<void>;
  /** The holder is no more, and it was seen to be empty. */
  drop(id: string): Promise<void>;
}
