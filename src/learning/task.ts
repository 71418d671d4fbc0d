import type { LetheEvent } from '../domain/messages/event.js';

/** A learn command was accepted: which task, of which classes, and how many samples it has. */
export type Announcement = Extract<LetheEvent, { kind: 'task-announced' }>;

/** How many samples of a task were dealt with so far, by whatever process. */
export interface SampleCounts {
  readonly stored: number;
  /** Ids of samples that ended as dead letters and were not stored since: they arrived, so the task does not wait for them. */
  readonly refused: number;
  /**
   * Refused records that can't be told by an id. Their samples may come again, corrected, and would be counted twice: so the
   * task waits for these as for any other, and does without them when none came for the timeout.
   */
  readonly nameless: number;
}

/** A task whose samples are all there, or whose samples stopped coming. */
export interface CollectedTask extends SampleCounts {
  readonly outcome: 'complete' | 'timeout';
  readonly announcement: Announcement;
  /** From the announcement to now, in milliseconds. */
  readonly ms: number;
}
