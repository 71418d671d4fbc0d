import type { LetheError } from '../domain/errors.js';

/** Only one worker of a deployment learns at a time; others may stand by. */
export interface LearnerLease {
  /**
   * Resolves when this worker is the learner; it is until another one takes over, which happens only where it was
   * silent for too long or closed its store.
   * @param onWaiting called once, where another worker is the learner now
   * @param signal ends the waiting: the promise rejects
   */
  acquire(onWaiting: () => void, signal: AbortSignal): Promise<void>;
  /**
   * Resolves with the reason when another worker has taken over. Whatever this one still asks the store to change is
   * then refused by the store, and never returns.
   */
  readonly lost: Promise<LetheError>;
}

/** Of a store that no other process sees. */
export const SOLE_LEARNER: LearnerLease = {
  acquire: async () => undefined,
  lost: new Promise(() => undefined),
};
